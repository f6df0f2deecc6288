use on_shutdown::on_shutdown;

#[on_shutdown]
fn close(#[cfg(unix)] _name: String) {}

fn main() {}
