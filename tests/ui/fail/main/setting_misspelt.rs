#[on_shutdown::main(grace_perod = "25s")]
async fn main() {}
