use on_shutdown::on_shutdown;

#[on_shutdown]
#[derive(Clone)]
struct Pool;

fn still_there(pool: Pool) {
    drop(pool);
}

fn main() {}
