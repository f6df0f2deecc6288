#[on_shutdown::main(signals = SIGTERM)]
async fn main() {}
