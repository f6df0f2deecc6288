use on_shutdown::on_shutdown;

struct Pool;

impl Pool {
    #[on_shutdown]
    fn close_all() {}
}

fn main() {}
