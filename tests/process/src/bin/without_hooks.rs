//! Installs a shutdown without any hook.

#[on_shutdown::main]
fn main() {}
