#[on_shutdown::main(worker_threads = "2")]
async fn main() {}
