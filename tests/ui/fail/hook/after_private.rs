use on_shutdown::on_shutdown;

mod orders {
    #[on_shutdown::on_shutdown]
    fn flush() {}
}

#[on_shutdown(after = [orders::flush])]
fn close() {}

fn main() {}
