use on_shutdown::on_shutdown;

#[on_shutdown(phase = "close")]
fn close() {}

fn main() {}
