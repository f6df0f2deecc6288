#[on_shutdown::main]
fn main<T>() {}
