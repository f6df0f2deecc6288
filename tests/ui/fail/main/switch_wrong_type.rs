const YES: u8 = 1;

#[on_shutdown::main(signal_exit_code = YES)]
async fn main() {}
