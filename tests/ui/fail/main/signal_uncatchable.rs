#[on_shutdown::main(signals = [SIGTERM, SIGKILL, SIGSTOP, 9, 0])]
async fn main() {}
