use on_shutdown::on_shutdown;

#[on_shutdown]
extern "C" fn close() {}

fn main() {}
