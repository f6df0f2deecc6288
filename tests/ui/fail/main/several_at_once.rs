#[on_shutdown::main(grace_period = 25, signals = ["SIGTERM"], worker_threads = 0, phase = stop)]
unsafe fn main(_arguments: Vec<String>) {}
