//! `#[on_shutdown::hook]` does what `#[on_shutdown]` does.

#![deny(warnings)]

#[on_shutdown::hook]
fn stop_workers() {}

mod inner {
    use on_shutdown::hook;

    #[hook(phase = close, priority = 3, timeout = "2s", after = [super::stop_workers])]
    async fn close_pool(pool: &String) {
        std::future::ready(()).await;
        drop(pool.clone());
    }
}

fn main() {}
