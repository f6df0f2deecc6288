use on_shutdown::on_shutdown;

#[on_shutdown]
fn close<'a>(_name: &'a String) {}

fn main() {}
