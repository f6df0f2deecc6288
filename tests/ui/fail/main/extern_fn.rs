#[on_shutdown::main]
extern "C" fn main() {}
