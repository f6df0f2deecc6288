use on_shutdown::on_shutdown;

#[on_shutdown(phase = cleanup, timeout = "5", priority = "high", prio = 3, after = close_pool)]
const unsafe fn close<T>(_names: &mut Vec<String>) -> impl Sized {}

fn main() {}
