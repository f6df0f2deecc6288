#[on_shutdown::main(grace_period = "25")]
async fn main() {}
