#[on_shutdown::main(signals = [SIGTREM])]
async fn main() {}
