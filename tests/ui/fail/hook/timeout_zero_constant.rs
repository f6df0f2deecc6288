use on_shutdown::on_shutdown;

const NONE: std::time::Duration = std::time::Duration::ZERO;

#[on_shutdown(timeout = NONE)]
fn close() {}

fn main() {}
