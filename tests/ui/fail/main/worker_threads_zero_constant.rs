const NONE: usize = 0;

#[on_shutdown::main(worker_threads = NONE)]
async fn main() {}
