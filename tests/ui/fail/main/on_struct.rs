#[on_shutdown::main]
struct Main;

fn main() {}
