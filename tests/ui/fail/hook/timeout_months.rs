use on_shutdown::on_shutdown;

#[on_shutdown(timeout = "5M")]
fn close() {}

fn main() {}
