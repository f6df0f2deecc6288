#[on_shutdown::main(signals = [TERM, int])]
async fn main() {}
