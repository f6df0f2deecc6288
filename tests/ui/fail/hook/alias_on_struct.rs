#[on_shutdown::hook]
struct Pool;

fn main() {}
