use on_shutdown::on_shutdown;

struct Pool;

#[on_shutdown]
impl Pool {
    fn close(&self) {}
}

fn main() {}
