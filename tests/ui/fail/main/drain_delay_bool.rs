#[on_shutdown::main(drain_delay = true)]
async fn main() {}
