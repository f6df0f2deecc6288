//! Tests the feature `testing` as users use it: the tests simulate hooks of this program, and run at the same time.

use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use on_shutdown::testing::{Shutdown, assert_fits, assert_hooks, assert_no_warnings};
use on_shutdown::{HookContext, Outcome, Report, Settings, Signal, Trigger, on_shutdown};

type Log = Arc<Mutex<Vec<String>>>;

fn say(log: &Log, what: impl Into<String>) {
    log.lock().expect("no test panics with it").push(what.into());
}

const fn ms(length: u64) -> Duration {
    Duration::from_millis(length)
}

#[on_shutdown(phase = deregister, timeout = "1s")]
async fn deregister(log: Log) {
    say(&log, "deregister");
    tokio::time::sleep(ms(100)).await;
}

#[on_shutdown(phase = drain, timeout = "1s")]
fn stop_accepting(log: Log) {
    say(&log, "stop accepting");
}

#[on_shutdown(priority = 10, timeout = "2s")]
async fn flush_orders(log: Log, context: HookContext) -> Result<(), String> {
    say(&log, format!("flush, {:?} left", context.remaining()));
    tokio::time::sleep(ms(500)).await;
    say(&log, format!("flushed, {:?} left, fast: {}", context.remaining(), context.is_fast()));
    Ok(())
}

#[on_shutdown(timeout = "1s", after = [flush_orders])]
fn close_pool(log: Log, context: HookContext) {
    say(&log, format!("close, {:?} left", context.remaining()));
}

#[on_shutdown(phase = finalize, timeout = "1s")]
async fn flush_telemetry(missing: Option<&'static str>) -> Result<(), &'static str> {
    missing.map_or(Ok(()), Err)
}

fn shutdown(log: &Log) -> Shutdown {
    Shutdown::with_settings(Settings::new().grace_period(Duration::from_secs(30)).drain_delay(ms(700)))
        .provide(Arc::clone(log))
}

fn main_failed() -> Trigger {
    Trigger::MainFailed { error: "no config".to_owned(), details: String::new() }
}

fn outcome(report: &Report, name: &str) -> String {
    report.hook(name).map(|hook| hook.outcome.to_string()).unwrap_or_default()
}

#[test]
fn hooks_run_in_order_on_a_virtual_clock() {
    let log = Log::default();
    let report = shutdown(&log).start(Signal::SIGTERM).finish();
    let expected =
        ["deregister", "stop accepting", "flush, 2s left", "flushed, 1.5s left, fast: false", "close, 1s left"];
    assert_eq!(*log.lock().expect("a log"), expected);
    assert_eq!((report.exit_code, report.draining), (0, Some(ms(700))));
    assert_eq!(report.duration, ms(1200));
    assert!(report.hooks.iter().all(|hook| hook.outcome == Outcome::Completed), "{report}");
}

#[test]
fn a_hook_that_hangs_is_cancelled_and_one_that_blocks_is_abandoned() {
    let log = Log::default();
    let report = shutdown(&log).hang("flush_orders").start(Signal::SIGTERM).finish();
    assert_eq!(outcome(&report, "flush_orders"), "timed out, cancelled");
    assert_eq!((outcome(&report, "close_pool").as_str(), report.exit_code), ("completed", 124));

    let report = shutdown(&log).block("testing::flush_orders").start(Signal::SIGTERM).finish();
    assert_eq!(outcome(&report, "flush_orders"), "timed out, abandoned with its thread");
    assert!(outcome(&report, "close_pool").starts_with("skipped: "), "{report}");

    let report = shutdown(&log).hang("stop_accepting").start(Signal::SIGTERM).finish();
    assert_eq!(outcome(&report, "stop_accepting"), "timed out, abandoned with its thread");
    assert_eq!(outcome(&report, "flush_orders"), "completed");
}

#[test]
fn faults_are_injected() {
    let log = Log::default();
    let report = shutdown(&log).fail("flush_orders", "disk full").panic("close_pool", "boom").start(Signal::SIGTERM);
    let report = report.finish();
    assert_eq!(outcome(&report, "flush_orders"), "failed: disk full");
    assert_eq!((outcome(&report, "close_pool").as_str(), report.exit_code), ("panicked: boom", 70));
    let report = shutdown(&log).provide("collector gone").start(Signal::SIGTERM).finish();
    assert_eq!(outcome(&report, "flush_telemetry"), "failed: collector gone");
}

#[test]
fn a_sync_hook_takes_the_time_that_the_test_says() {
    let log = Log::default();
    let report = shutdown(&log).delay("close_pool", ms(900)).start(Signal::SIGTERM).finish();
    assert_eq!(report.hook("close_pool").map(|hook| hook.duration), Some(ms(900)));
    let report = shutdown(&log).delay("close_pool", ms(1100)).start(Signal::SIGTERM).finish();
    assert_eq!(outcome(&report, "close_pool"), "timed out, abandoned with its thread");
    let report = shutdown(&log).delay("deregister", ms(950)).start(Signal::SIGTERM).finish();
    assert_eq!(outcome(&report, "deregister"), "timed out, cancelled");
}

#[test]
fn time_passes_only_when_the_test_says_so_and_signals_come_when_it_says() {
    let log = Log::default();
    let mut running = shutdown(&log).start(Signal::SIGTERM);
    running.advance(ms(699));
    assert_eq!(*log.lock().expect("a log"), ["deregister"]);
    assert_eq!(running.elapsed(), ms(699));
    running.advance(ms(401)).trigger(Signal::SIGINT);
    let report = running.finish();
    assert!(log.lock().expect("a log").iter().any(|line| line.ends_with("fast: true")), "{log:?}");
    assert_eq!(report.later_triggers.len(), 1, "{report}");

    let mut running = shutdown(&log).hang("flush_orders").start(Signal::SIGINT);
    running.advance(ms(1000)).trigger(Signal::SIGINT).advance(ms(200)).trigger(Signal::SIGINT);
    assert!(running.is_finished());
    let report = running.finish();
    assert_eq!((report.exit_code, report.forced), (130, Some(Signal::SIGINT)), "{report}");
}

#[test]
fn the_drain_phase_waits_for_work_in_flight() {
    let log = Log::default();
    let mut running = shutdown(&log).in_flight(3).start(Signal::SIGTERM);
    running.advance(ms(1700));
    assert!(!log.lock().expect("a log").iter().any(|line| line.starts_with("flush")), "{log:?}");
    running.set_in_flight(0);
    let report = running.finish();
    assert_eq!((report.duration, report.exit_code), (ms(2200), 0), "{report}");

    let report = shutdown(&log).in_flight(3).start(Signal::SIGTERM).finish();
    assert_eq!((report.in_flight.first().map(|work| work.count), report.exit_code), (Some(3), 124), "{report}");
}

#[test]
fn what_main_did_and_what_it_asked_for_is_the_exit_code() {
    let log = Log::default();
    let report = shutdown(&log).start(main_failed()).finish();
    assert_eq!((report.exit_code, report.duration), (1, ms(600)), "{report}");
    let mut running = shutdown(&log).start(Trigger::MainReturned);
    running.request_exit(9);
    assert_eq!(running.finish().exit_code, 9);
    let mut running = shutdown(&log).start(Trigger::MainReturned);
    running.request_exit(9).request_exit(3);
    assert_eq!(running.finish().exit_code, 9);
    let mut running = shutdown(&log).start(main_failed());
    running.request_exit(9);
    assert_eq!(running.finish().exit_code, 1);
}

#[test]
fn a_missing_value_skips_its_hook() {
    let report = Shutdown::new().start(Signal::SIGTERM).finish();
    assert!(outcome(&report, "deregister").starts_with("skipped: no `alloc::sync::Arc<"), "{report}");
}

#[test]
fn a_clean_report_is_asserted() {
    let log = Log::default();
    shutdown(&log).start(Signal::SIGTERM).finish().assert_clean();
    for (running, why) in [
        (Shutdown::new().provide("no log").start(Signal::SIGTERM), "no `alloc::sync::Arc<"),
        (shutdown(&log).fail("close_pool", "disk full").start(Signal::SIGTERM), "failed: disk full (tests/testing/"),
        (shutdown(&log).hang("close_pool").start(Signal::SIGTERM), "timed out, abandoned"),
        (shutdown(&log).in_flight(2).start(Signal::SIGTERM), "cut off"),
        (shutdown(&log).start(main_failed()), "main failed: no config"),
    ] {
        let report = running.finish();
        let line = line!() + 1;
        let (message, location) = refused_at(|| report.assert_clean());
        assert!(message.contains(why), "{message}");
        // The whole report, with the hooks that completed.
        assert!(message.ends_with(&report.to_string()) && message.contains("flush_telemetry"), "{message}");
        assert_eq!(location, (file!().to_owned(), line));
    }
}

#[test]
fn plans_and_hooks_are_asserted() {
    assert_fits(Shutdown::with_settings(Settings::new().grace_period(Duration::from_secs(30))).plan());
    assert_no_warnings(&Settings::new().grace_period(Duration::from_secs(30)));
    let names = ["deregister", "stop_accepting", "flush_orders", "close_pool", "flush_telemetry"];
    assert_hooks(&names.map(|name| format!("testing::{name}")).each_ref().map(String::as_str));
}

/// Returns the panic message of the assertion or of the simulation.
fn refused(test: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let payload = std::panic::catch_unwind(test).expect_err("it must be refused");
    payload.downcast_ref::<String>().cloned().unwrap_or_default()
}

/// Returns the panic message, and the file and line of the panic.
fn refused_at(test: impl FnOnce() + std::panic::UnwindSafe) -> (String, (String, u32)) {
    thread_local!(static LOCATION: RefCell<Option<(String, u32)>> = const { RefCell::new(None) });
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            LOCATION.set(info.location().map(|location| (location.file().to_owned(), location.line())));
            before(info);
        }));
    });
    let message = refused(test);
    (message, LOCATION.take().expect("the panic has a location"))
}

#[test]
fn mistakes_are_panics_that_say_what_to_write() {
    for (said, test) in [
        (
            "there is no hook `flush_order`: write `testing::flush_orders`",
            (|| drop(Shutdown::new().hang("flush_order"))) as fn(),
        ),
        ("already has the fault Hangs", || drop(Shutdown::new().hang("close_pool").block("close_pool"))),
        ("expected, but not linked:\n  testing::gone\nlinked, but not expected:\n  testing::close_pool", || {
            assert_hooks(&["testing::gone"]);
        }),
        ("exceeds the usable time of 1.52 s", || {
            assert_fits(Shutdown::with_settings(Settings::new().grace_period(Duration::from_secs(2))).plan());
        }),
        ("the program starts with warnings:\nthe worst case of ", || {
            assert_no_warnings(&Settings::new().grace_period(Duration::from_secs(2)));
        }),
        ("the program starts with warnings:\nthe drain delay of 15 s is more than half of", || {
            assert_no_warnings(&Settings::new().grace_period(Duration::from_secs(30)).drain_delay(ms(15_000)));
        }),
        ("cannot be used", || assert_no_warnings(&Settings::new().grace_period(Duration::ZERO))),
        ("a `i32` was already provided at ", || drop(Shutdown::new().provide(1).provide(2))),
        ("cannot be used", || drop(Shutdown::with_settings(Settings::new().grace_period(Duration::ZERO)))),
    ] {
        let found = refused(test);
        assert!(found.contains(said), "{found}");
    }
}

#[test]
fn a_hundred_shutdowns_at_once_do_not_disturb_one_another() {
    let ended = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for number in 0..100 {
            let ended = &ended;
            scope.spawn(move || {
                let log = Log::default();
                let hook = ["deregister", "flush_orders"][number % 2];
                let report = shutdown(&log).fail(hook, "no").start(Signal::SIGTERM).finish();
                assert_eq!(outcome(&report, hook), "failed: no");
                assert_eq!(report.hooks.iter().filter(|hook| hook.outcome == Outcome::Completed).count(), 4);
                ended.fetch_add(1, Ordering::SeqCst);
            });
        }
    });
    assert_eq!(ended.into_inner(), 100);
}
