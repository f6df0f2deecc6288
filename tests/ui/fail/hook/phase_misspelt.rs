use on_shutdown::on_shutdown;

#[on_shutdown(phase = deregistr)]
fn close() {}

fn main() {}
