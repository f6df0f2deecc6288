use on_shutdown::on_shutdown;

#[on_shutdown]
fn close()
where
    String: Clone,
{
}

fn main() {}
