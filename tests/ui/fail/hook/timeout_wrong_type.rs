use on_shutdown::on_shutdown;

const SECONDS: u64 = 5;

#[on_shutdown(timeout = SECONDS)]
fn close() {}

fn main() {}
