#[on_shutdown::main(start_paused = true)]
async fn main() {}
