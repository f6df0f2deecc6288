use on_shutdown::on_shutdown;

#[on_shutdown(phase = anounce)]
fn close() {}

fn main() {}
