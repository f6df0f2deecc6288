use on_shutdown::on_shutdown;

#[on_shutdown(priority = 1.5)]
fn close() {}

fn main() {}
