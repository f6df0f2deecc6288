//! Makes reports for tests.

use std::time::{Duration, UNIX_EPOCH};

use crate::model::{Hook, InFlightSample, LaterTrigger, Outcome, Report, Trigger, WorkInFlight};

pub(crate) const MS: u64 = 1000;

pub(crate) const fn micros(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

pub(crate) fn signal(name: &str) -> Trigger {
    Trigger::Signal { signal: name.to_owned(), sender_pid: Some(812), sender_uid: Some(0), sender_name: None }
}

/// `start` and `took` are in microseconds.
fn hook(phase: &str, name: &str, start: u64, took: u64, outcome: Outcome) -> Hook {
    Hook {
        name: name.to_owned(),
        module: "orders::store".to_owned(),
        file: "src/store.rs".to_owned(),
        line: 42,
        phase: phase.to_owned(),
        priority: 0,
        package: "orders".to_owned(),
        version: "1.2.3".to_owned(),
        timeout: Duration::from_secs(5),
        start: (!matches!(outcome, Outcome::Skipped(_))).then_some(micros(start)),
        duration: micros(took),
        outcome,
        activity: None,
        left_tasks: 0,
    }
}

pub(crate) fn report(hooks: Vec<Hook>) -> Report {
    let end = |hook: &Hook| hook.start.unwrap_or_default() + hook.duration;
    Report {
        trigger: signal("SIGTERM"),
        process: None,
        duration: hooks.iter().map(end).max().unwrap_or_default(),
        hooks,
        phases: ["deregister", "drain", "stop", "flush", "close", "finalize"].map(str::to_owned).to_vec(),
        in_flight: Vec::new(),
        cut_off: None,
        budget: micros(8_500 * MS),
        deadline_exceeded: false,
        forced: None,
        program_exit: None,
        triggered_at: Some(UNIX_EPOCH + Duration::from_secs(1_790_000_000)),
        draining: Some(micros(300)),
        last_new_work: None,
        in_flight_samples: Vec::new(),
        later_triggers: Vec::new(),
        exit_code: 0,
    }
}

pub(crate) fn healthy() -> Report {
    use Outcome::Completed;
    let mut report = report(vec![
        hook("deregister", "leave_registry", 229, 121 * MS, Completed),
        hook("stop", "stop_consumer", 1_230 * MS, 251 * MS, Completed),
        hook("stop", "write_orders", 1_482 * MS, 300 * MS, Completed),
        hook("stop", "write_index", 1_482 * MS, 201 * MS, Completed),
        hook("close", "close_pool", 1_783 * MS, 80 * MS, Completed),
        hook("finalize", "flush_metrics", 1_864 * MS, 19, Completed),
    ]);
    report.draining = Some(micros(500 * MS));
    report.in_flight_samples = [(500, 12), (520, 11), (600, 7), (610, 6), (900, 3), (1_100, 1), (1_229, 0)]
        .map(|(at, count)| InFlightSample { at: micros(at * MS), count })
        .to_vec();
    report
}

pub(crate) fn worst() -> Report {
    let lost = Outcome::TimedOut { abandoned: true };
    let late = Outcome::TimedOut { abandoned: false };
    let at = |hook: Hook, activity: &str| Hook { activity: Some(activity.to_owned()), ..hook };
    let mut report = report(vec![
        hook("deregister", "leave_registry", 229, 30 * MS, Outcome::Failed("connection refused (os error 111)".into())),
        hook("drain", "finish_jobs", 31 * MS, 700 * MS, Outcome::Completed),
        hook(
            "stop",
            "stop_consumer",
            1_230 * MS,
            251 * MS,
            Outcome::Panicked("index out of bounds: the len is 3 but the index is 7".into()),
        ),
        at(
            hook("stop", "write_orders", 1_482 * MS, 900 * MS, lost.clone()),
            "waiting in read on fd 9, a TCP connection to 10.0.0.3:5432",
        ),
        at(hook("stop", "write_index", 1_482 * MS, 500 * MS, late), "awaiting, last polled 501 ms ago"),
        Hook { left_tasks: 2, ..hook("stop", "notify", 1_482 * MS, 20 * MS, Outcome::Completed) },
        hook("close", "close_pool", 0, 0, Outcome::Skipped("it is after write_orders, which was abandoned".into())),
        hook("close", "close_cache", 0, 0, Outcome::Skipped("no `cache::Pool` was provided".into())),
        at(
            hook("finalize", "flush_metrics", 2_400 * MS, 1_700 * MS, lost),
            "waiting in connect on fd 12, a TCP connection to 10.0.7.1:4317",
        ),
        hook("finalize", "sync_disk", 0, 0, Outcome::Skipped("the shutdown was cut short".into())),
    ]);
    report.draining = Some(micros(31 * MS));
    report.exit_code = 130;
    report.forced = Some("SIGINT".to_owned());
    report.in_flight_samples =
        [(31, 4), (300, 3), (1_229, 2)].map(|(at, count)| InFlightSample { at: micros(at * MS), count }).to_vec();
    report.in_flight = vec![WorkInFlight {
        name: "http".into(),
        count: 2,
        oldest: Duration::from_secs(31),
        file: "src/web.rs".into(),
        line: 17,
    }];
    let later = [(1, "SIGTERM"), (1_220, "SIGTERM"), (2_600, "SIGINT"), (4_100, "SIGINT")];
    report.later_triggers = later.map(|(at, it)| LaterTrigger { at: micros(at * MS), trigger: signal(it) }).to_vec();
    report
}

pub(crate) fn many() -> Report {
    let hooks = (0..200).map(|n| {
        let phase = if n < 20 {
            "deregister"
        } else if n < 150 {
            "stop"
        } else {
            "close"
        };
        let outcome = match n {
            33 | 77 => Outcome::Failed("no space left on device".into()),
            120 => Outcome::TimedOut { abandoned: false },
            _ => Outcome::Completed,
        };
        hook(phase, &format!("hook_number_{n}"), (n / 10) * 40 * MS, 7 * MS + (n * 7919 % 30) * MS, outcome)
    });
    report(hooks.collect())
}

pub(crate) fn quick() -> Report {
    let quick = (0..9).map(|n| hook("stop", &format!("quick_{n}"), n * 100, 80, Outcome::Completed));
    let late = hook("close", "close_pool", 1_000, 24_999 * MS, Outcome::TimedOut { abandoned: true });
    let last = (0..3).map(|n| hook("finalize", &format!("flush_{n}"), 25_001 * MS + n * 100, 95, Outcome::Completed));
    let mut report = report(quick.chain([late]).chain(last).collect());
    report.draining = Some(micros(10));
    report.budget = micros(28_000 * MS);
    report.exit_code = 124;
    report
}

pub(crate) fn one() -> Report {
    let hooks = vec![hook("stop", "flush_orders", 31, 17, Outcome::Completed)];
    Report { draining: Some(micros(21)), ..report(hooks) }
}

/// Every report above, and an empty one.
pub(crate) fn all() -> [Report; 6] {
    [healthy(), worst(), many(), quick(), one(), report(Vec::new())]
}
