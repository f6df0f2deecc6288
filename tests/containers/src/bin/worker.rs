//! Runs a worker without async code: three sync hooks, and signals of its own choice (37 is SIGRTMIN+3).

use on_shutdown::on_shutdown;

#[on_shutdown(phase = deregister)]
fn leave_queue() {
    println!("left the queue");
}

/// Says whether the limit on threads, where there is one, has been reached.
#[on_shutdown]
fn stop_helper() {
    match std::thread::Builder::new().spawn(|| ()) {
        Ok(_) => println!("a thread could be made"),
        Err(error) => println!("no thread could be made: {error}"),
    }
}

#[on_shutdown(phase = finalize)]
fn flush_results() {
    println!("flushed the results");
}

#[on_shutdown::main(signals = [SIGTERM, SIGINT, SIGQUIT, 37])]
fn main() {
    println!("ready");
    loop {
        std::thread::park();
    }
}
