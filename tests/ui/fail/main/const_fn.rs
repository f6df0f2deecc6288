#[on_shutdown::main]
const fn main() {}
