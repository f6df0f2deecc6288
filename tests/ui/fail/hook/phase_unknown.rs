use on_shutdown::on_shutdown;

#[on_shutdown(phase = cleanup)]
fn close() {}

fn main() {}
