//! Declares two groups whose written timeouts exceed the default grace period, and a hook without a timeout.

use on_shutdown::on_shutdown;

#[on_shutdown(timeout = "6s")]
async fn stop_worker() {}

#[on_shutdown(phase = close, timeout = "6s")]
async fn close_pool() {}

#[on_shutdown(phase = deregister)]
async fn deregister() {}

#[on_shutdown::main]
fn main() {
    println!("ready");
    loop {
        std::thread::park();
    }
}
