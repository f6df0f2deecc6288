use on_shutdown::on_shutdown;

struct Pool;

impl Pool {
    #[on_shutdown(timeout = "5")]
    fn close(self) {}
}

fn main() {}
