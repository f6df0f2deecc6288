//! Declares six hooks in four phases, none with a timeout, and a `main` with every default.

use on_shutdown::on_shutdown;

#[on_shutdown(phase = deregister)]
async fn deregister() {}

#[on_shutdown]
async fn stop_worker() {}

#[on_shutdown]
fn stop_timer() {}

#[on_shutdown(phase = close)]
async fn close_pool() {}

#[on_shutdown(phase = finalize)]
async fn flush() {}

#[on_shutdown(phase = finalize, priority = -1)]
fn flush_all() {
    println!("flushed");
}

#[on_shutdown::main]
fn main() {
    println!("ready");
    loop {
        std::thread::park();
    }
}
