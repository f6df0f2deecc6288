#[on_shutdown::main(grace_period = "0s")]
async fn main() {}
