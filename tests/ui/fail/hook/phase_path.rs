use on_shutdown::on_shutdown;

#[on_shutdown(phase = Phase::Close)]
fn close() {}

fn main() {}
