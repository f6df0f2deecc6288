const YES: u8 = 1;

#[on_shutdown::main(conventional = YES)]
async fn main() {}
