//! Writes the events of `tracing` to stdout as JSON, while typical hooks run.
//!
//! `SUBSCRIBER` is `none`, `thread-local` or `foreign` (its filter rejects all events of the shutdown), otherwise JSON. With
//! `serves` and `scope-serves`, a server starts after the subscriber was set.
//! `CASE` says what the hooks do.

use std::time::Duration;

use on_shutdown::{HookSettings, Phase, Settings, register, register_sync};
use telemetry::{sync_hook, work_for_ever};
use tracing::level_filters::LevelFilter;
use tracing::{debug, info};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::prelude::*;

fn json() -> impl tracing::Subscriber + Send + Sync {
    let layer = tracing_subscriber::fmt::layer().json().with_span_events(FmtSpan::CLOSE);
    tracing_subscriber::registry().with(LevelFilter::DEBUG).with(layer)
}

fn hook(phase: Phase, priority: i32) -> HookSettings {
    HookSettings::new().phase(phase).priority(priority).timeout(Duration::from_secs(2))
}

/// Emits an event when a future that holds it is dropped.
struct LogsDrop;

impl Drop for LogsDrop {
    fn drop(&mut self) {
        info!("in the drop of the future");
    }
}

/// Registers one hook for each kind and outcome.
fn ordinary() {
    let sync = |_| {
        info!("inside the sync hook");
        Ok::<(), String>(())
    };
    register_sync("leaves", hook(Phase::Deregister, 7), sync).expect("early");
    let asynchronous = async |_| {
        info!("before the await");
        tokio::time::sleep(Duration::from_millis(30)).await;
        info!("after the await");
        Ok::<(), String>(())
    };
    register("works", hook(Phase::Stop, 0), asynchronous).expect("early");
    // Runs on the same runner as the first hook. Its events must not appear in the span of the first hook.
    let alongside = async |_| {
        tokio::time::sleep(Duration::from_millis(10)).await;
        debug!("alongside");
        Err::<(), _>("no such table")
    };
    register("fails", hook(Phase::Stop, 0), alongside).expect("early");
    let panics = |_| -> Result<(), String> { panic!("out of paper") };
    register_sync("panics", hook(Phase::Close, 0), panics).expect("early");
    let hangs = async |_| {
        let _log = LogsDrop;
        std::future::pending::<Result<(), String>>().await
    };
    register("hangs", hook(Phase::Close, -1).timeout(Duration::from_millis(300)), hangs).expect("early");
    sync_hook("last", Phase::Finalize);
}

fn main() {
    match std::env::var("CASE").as_deref() {
        Ok("long") => {
            let long = async |_| std::future::pending::<Result<(), String>>().await;
            register("long", hook(Phase::Stop, 0).timeout(Duration::from_secs(30)), long).expect("early");
        }
        Ok("many") => (0..1000).for_each(|number| sync_hook(&format!("hook_{number}"), Phase::Stop)),
        Ok("fine") => sync_hook("fine", Phase::Stop),
        // Work in flight that does not end, and a hook that has its time after it.
        Ok("works") => {
            std::mem::forget(on_shutdown::in_flight("upload"));
            sync_hook("fine", Phase::Stop);
        }
        _ => ordinary(),
    }
    let _guard = Settings::new().install().expect("the settings are right");
    match std::env::var("SUBSCRIBER").as_deref() {
        Ok("none") => work_for_ever(),
        Ok("thread-local") => tracing::subscriber::with_default(json(), || work_for_ever()),
        Ok("foreign") => json().with(Targets::new().with_target("shop", LevelFilter::TRACE)).init(),
        Ok("serves") => {
            json().init();
            drop(on_shutdown::serve("http", |draining| draining));
        }
        Ok("scope-serves") => {
            json().init();
            let scope = on_shutdown::Scope::new("admin");
            drop(scope.serve("http", |draining| draining));
        }
        _ => json().init(),
    }
    work_for_ever()
}
