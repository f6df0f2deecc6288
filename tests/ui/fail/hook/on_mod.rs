use on_shutdown::on_shutdown;

#[on_shutdown]
mod pool {}

fn main() {}
