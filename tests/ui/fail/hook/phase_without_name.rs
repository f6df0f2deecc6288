use on_shutdown::on_shutdown;

#[on_shutdown(drain)]
fn close() {}

fn main() {}
