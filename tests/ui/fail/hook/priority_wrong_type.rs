use on_shutdown::on_shutdown;

const HIGH: u8 = 10;

#[on_shutdown(priority = HIGH)]
fn close() {}

fn main() {}
