use on_shutdown::on_shutdown;

#[on_shutdown]
fn close(_name: &dyn ToString) {}

fn main() {}
