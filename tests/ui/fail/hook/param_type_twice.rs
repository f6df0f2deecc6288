use on_shutdown::on_shutdown;

#[derive(Clone)]
struct Pool;

#[on_shutdown]
fn close(_orders: Pool, _users: &Pool) {}

fn main() {}
