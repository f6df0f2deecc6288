//! Runs the ten hooks with on-shutdown, with a timeout for each.
//!
//! Idiomatic: `#[on_shutdown]` where the resource lives. Only the bad hook is made by `register`, and the runtime by
//! hand instead of by `#[on_shutdown::main]`, because what they are is said by the environment.

use on_shutdown::{HookSettings, Settings, on_shutdown, register, register_sync};
use peers::Failure;
use peers::hook::{BAD_HOOK, hook};

#[on_shutdown(phase = deregister, timeout = "1s")]
async fn leave_registry() -> Result<(), Failure> {
    hook("leave_registry").run().await
}

#[on_shutdown(priority = 10, timeout = "1s")]
async fn stop_consumer() -> Result<(), Failure> {
    hook("stop_consumer").run().await
}

#[on_shutdown(priority = 10, timeout = "1s")]
fn stop_listener() -> Result<(), Failure> {
    hook("stop_listener").run_sync()
}

#[on_shutdown(timeout = "1s")]
async fn drain_queue() -> Result<(), Failure> {
    hook("drain_queue").run().await
}

#[on_shutdown(timeout = "1s")]
fn write_index() -> Result<(), Failure> {
    hook("write_index").run_sync()
}

#[on_shutdown(priority = -10, timeout = "1s")]
fn write_orders() -> Result<(), Failure> {
    hook("write_orders").run_sync()
}

#[on_shutdown(phase = close, timeout = "1s")]
async fn close_pool() -> Result<(), Failure> {
    hook("close_pool").run().await
}

#[on_shutdown(phase = close, timeout = "1s")]
fn close_cache() -> Result<(), Failure> {
    hook("close_cache").run_sync()
}

#[on_shutdown(phase = finalize, timeout = "1s")]
async fn flush_metrics() -> Result<(), Failure> {
    hook("flush_metrics").run().await
}

fn main() {
    let bad = hook(BAD_HOOK);
    let settings = HookSettings::new().timeout(peers::times::hook_timeout());
    let registration = if bad.is_async() {
        register(BAD_HOOK, settings, move |_| bad.run())
    } else {
        register_sync(BAD_HOOK, settings, move |_| bad.run_sync())
    };
    registration.expect("it is early enough");
    let _guard = Settings::new().install().expect("the settings are right");
    peers::application::runtime().block_on(async {
        peers::application::start();
        std::future::pending::<()>().await;
    });
}
