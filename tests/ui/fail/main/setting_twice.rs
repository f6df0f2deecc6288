#[on_shutdown::main(signal_exit_code = true, signal_exit_code = false)]
async fn main() {}
