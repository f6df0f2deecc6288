#[on_shutdown::main(signal_exit_code = 1)]
async fn main() {}
