//! Links hooks of three crates: this one, and two libraries. The code only names one of the libraries.

use on_shutdown::on_shutdown;
use process_metrics as _;
use process_orders::flush_orders;

#[on_shutdown(phase = deregister)]
async fn leave_registry() {
    println!("app: leave registry");
}

#[on_shutdown(priority = 10)]
fn stop_timers() {
    println!("app: stop timers");
}

#[on_shutdown(priority = 5, after = [flush_orders])]
async fn archive_orders() {
    println!("app: archive orders");
}

#[on_shutdown(priority = -5)]
fn stop_cache() {
    println!("app: stop cache");
}

#[on_shutdown(phase = close, priority = 1)]
fn close_pool() {
    println!("app: close pool");
}

#[on_shutdown::main]
async fn main() {
    println!("ready");
    std::future::pending().await
}

#[cfg(test)]
mod tests {
    use on_shutdown::testing::assert_dependencies_linked;

    #[test]
    fn spec_3_2_every_dependency_with_hooks_is_linked() {
        assert_dependencies_linked(&[]);
    }
}
