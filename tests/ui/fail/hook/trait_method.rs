use on_shutdown::on_shutdown;

trait Close {
    #[on_shutdown]
    fn close(&self);
}

fn main() {}
