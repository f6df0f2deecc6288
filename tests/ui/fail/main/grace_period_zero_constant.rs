const NONE: std::time::Duration = std::time::Duration::ZERO;

#[on_shutdown::main(grace_period = NONE)]
async fn main() {}
