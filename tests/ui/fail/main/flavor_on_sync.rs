#[on_shutdown::main(flavor = "current_thread", worker_threads = 2)]
fn main() {}
