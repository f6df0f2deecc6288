use on_shutdown::on_shutdown;

struct Pool;

#[on_shutdown]
async fn close(_pool: Pool) {}

fn main() {}
