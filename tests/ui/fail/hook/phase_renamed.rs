use on_shutdown::on_shutdown;

#[on_shutdown(phase = announce)]
fn leave() {}

#[on_shutdown(announce)]
fn leave_too() {}

fn main() {}
