use on_shutdown::on_shutdown;

#[on_shutdown(timeout = "soon")]
fn close() {}

fn main() {}
