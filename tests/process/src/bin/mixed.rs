//! Declares hooks with a written timeout and hooks without one, in the same group and in different groups.

use on_shutdown::on_shutdown;

#[on_shutdown(timeout = "3s")]
async fn stop_worker() {}

#[on_shutdown]
async fn stop_timer() {}

#[on_shutdown(phase = close, timeout = "2s")]
async fn close_pool() {}

#[on_shutdown(phase = close)]
fn close_files() {}

#[on_shutdown(phase = deregister)]
async fn deregister() {}

#[on_shutdown::main]
fn main() {
    println!("ready");
    loop {
        std::thread::park();
    }
}
