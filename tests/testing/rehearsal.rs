//! Tests simulations whose hooks really take time, and simulations inside an async runtime.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use on_shutdown::testing::Shutdown;
use on_shutdown::{HookContext, Outcome, Report, Signal, on_shutdown};

/// How long the hooks of this program really hold their threads.
#[derive(Clone)]
struct Holds {
    sync: Duration,
    in_first_poll: Duration,
    in_second_poll: Duration,
}

impl Holds {
    const NOTHING: Self = Self { sync: Duration::ZERO, in_first_poll: Duration::ZERO, in_second_poll: Duration::ZERO };
}

/// The time that was left for the sync hook before and after it held its thread.
type Remaining = Arc<Mutex<Vec<Duration>>>;

#[on_shutdown(timeout = "900ms")]
fn holds_in_sync(holds: Holds, context: HookContext, remaining: Remaining) {
    let before = context.remaining();
    thread::sleep(holds.sync);
    remaining.lock().expect("no hook panics").extend([before, context.remaining()]);
}

#[on_shutdown(timeout = "900ms")]
async fn holds_in_poll(holds: Holds) {
    thread::sleep(holds.in_first_poll);
    tokio::time::sleep(Duration::from_millis(100)).await;
    thread::sleep(holds.in_second_poll);
}

/// Runs next to the two others.
#[on_shutdown(timeout = "900ms")]
async fn awaits() {
    tokio::time::sleep(Duration::from_millis(300)).await;
}

/// Calls an async runtime of its own, as a blocking HTTP client does.
#[on_shutdown(phase = close, timeout = "900ms")]
fn blocks_on_a_runtime() {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(async {});
}

/// Counts the futures and values of hooks that are dropped.
#[derive(Clone)]
struct Dropped(Arc<AtomicUsize>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[on_shutdown(phase = finalize, timeout = "900ms")]
async fn waits_with_a_value(dropped: Option<Dropped>) {
    if dropped.is_some() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn shutdown(holds: Holds) -> Shutdown {
    Shutdown::new().provide(holds).provide(Remaining::default())
}

fn outcome(report: &Report, hook: &str) -> Outcome {
    report.hook(hook).map(|hook| hook.outcome.clone()).expect("it is linked")
}

fn duration(report: &Report, hook: &str) -> Duration {
    report.hook(hook).map(|hook| hook.duration).expect("it is linked")
}

#[test]
fn a_sync_hook_that_really_holds_its_thread_times_out() {
    let holds = Holds { sync: Duration::from_millis(1500), ..Holds::NOTHING };
    let report = shutdown(holds).start(Signal::SIGTERM).finish();
    assert_eq!(outcome(&report, "holds_in_sync"), Outcome::TimedOut { abandoned: true }, "{report}");
    assert_eq!((duration(&report, "holds_in_sync"), report.exit_code), (Duration::from_millis(900), 124), "{report}");
    // The others have their time, as on threads of their own.
    assert_eq!(outcome(&report, "awaits"), Outcome::Completed, "{report}");
    assert_eq!(outcome(&report, "blocks_on_a_runtime"), Outcome::Completed, "{report}");
}

#[test]
fn an_async_hook_that_really_holds_its_thread_times_out() {
    let ms = Duration::from_millis;
    for (in_first_poll, in_second_poll) in [(ms(1500), ms(0)), (ms(0), ms(1500)), (ms(600), ms(600))] {
        let holds = Holds { in_first_poll, in_second_poll, ..Holds::NOTHING };
        let report = shutdown(holds).start(Signal::SIGTERM).finish();
        assert!(matches!(outcome(&report, "holds_in_poll"), Outcome::TimedOut { .. }), "{report}");
        assert_eq!((outcome(&report, "awaits"), report.exit_code), (Outcome::Completed, 124), "{report}");
    }
}

#[test]
fn long_real_time_is_added_to_the_virtual_time_and_the_context_sees_it() {
    let held = Duration::from_millis(600);
    let remaining = Remaining::default();
    let holds = Holds { sync: held, ..Holds::NOTHING };
    // No hook times out here, also on a machine that takes a minute for it.
    let settings = on_shutdown::Settings::new().hook_timeout("rehearsal::holds_in_sync", Duration::from_secs(60));
    let settings = settings.grace_period(Duration::from_secs(300));
    let shutdown = Shutdown::with_settings(settings).provide(holds).provide(Arc::clone(&remaining));
    let report = shutdown.start(Signal::SIGTERM).finish();
    assert_eq!(outcome(&report, "holds_in_sync"), Outcome::Completed, "{report}");
    assert!(duration(&report, "holds_in_sync") >= held && report.duration >= held, "{report}");
    let remaining = remaining.lock().expect("no hook panics").clone();
    assert!(matches!(remaining[..], [before, after] if before >= after + held), "{remaining:?}");
}

#[test]
fn short_real_time_takes_no_virtual_time() {
    let holds = Holds { sync: Duration::from_millis(1), in_first_poll: Duration::from_millis(1), ..Holds::NOTHING };
    let report = shutdown(holds).start(Signal::SIGTERM).finish();
    assert_eq!((duration(&report, "holds_in_sync"), report.duration), (Duration::ZERO, Duration::from_millis(300)));
}

/// Every operation of a simulation, with a hook that is dropped half way.
fn every_operation() {
    let dropped = Dropped(Arc::default());
    let count = Arc::clone(&dropped.0);
    let mut running = shutdown(Holds::NOTHING).provide(dropped).in_flight(1).start(Signal::SIGTERM);
    running.set_in_flight(0).advance(Duration::from_millis(299));
    assert_eq!((running.elapsed(), running.is_finished()), (Duration::from_millis(299), false));
    running.trigger(Signal::SIGTERM).request_exit(3);
    let report = running.finish();
    assert_eq!((report.exit_code, report.duration), (3, Duration::from_millis(400)), "{report}");
    let before = count.load(Ordering::Relaxed);
    assert!(before > 0);
    let dropped = Dropped(Arc::clone(&count));
    let mut running = shutdown(Holds::NOTHING).provide(dropped).start(Signal::SIGTERM);
    running.advance(Duration::from_millis(350));
    drop(running);
    // The value that was provided, and the clone in the hook's future.
    assert_eq!(count.load(Ordering::Relaxed), before + 2);
}

#[test]
fn a_simulation_runs_outside_an_async_runtime() {
    every_operation();
}

#[tokio::test]
async fn a_simulation_runs_inside_a_current_thread_runtime() {
    let began = Instant::now();
    every_operation();
    // The time of the test's own runtime is not virtual.
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(began.elapsed() > Duration::ZERO);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simulation_runs_inside_a_multi_thread_runtime_and_in_its_tasks() {
    every_operation();
    tokio::spawn(async { every_operation() }).await.expect("the task ends");
    tokio::task::spawn_blocking(every_operation).await.expect("the task ends");
}

#[tokio::test]
async fn a_panic_inside_a_runtime_has_its_message() {
    let report = shutdown(Holds::NOTHING).panic("awaits", "boom").start(Signal::SIGTERM).finish();
    assert_eq!(outcome(&report, "awaits"), Outcome::Panicked("boom".to_owned()));
    let failed = std::panic::catch_unwind(|| report.assert_clean());
    let message = failed.expect_err("it panics").downcast_ref::<String>().cloned().unwrap_or_default();
    assert!(message.contains("panicked: boom"), "{message}");
}
