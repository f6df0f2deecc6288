use on_shutdown::on_shutdown;

#[on_shutdown(timout = "5s")]
fn close() {}

fn main() {}
