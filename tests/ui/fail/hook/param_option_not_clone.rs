use on_shutdown::on_shutdown;

struct Pool;

#[on_shutdown]
fn close(_pool: Option<Pool>) {}

fn main() {}
