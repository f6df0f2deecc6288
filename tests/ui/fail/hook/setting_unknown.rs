use on_shutdown::on_shutdown;

#[on_shutdown(colour = "red")]
fn close() {}

fn main() {}
