//! Whole reports in, pictures out: what is in them and where.

use std::time::{Duration, UNIX_EPOCH};

use super::layout::{Band, Layout, Row};
use crate::drain::WorkInFlight;
use crate::hook::Phase;
use crate::report::{HookReport, InFlightSeen, Noted, Outcome, Report, SkipReason};
use crate::trigger::{Sender, Signal, Trigger};

const MS: u64 = 1000;

const fn micros(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

fn signal(signal: Signal) -> Trigger {
    Trigger::Signal { signal, sender: Some(Sender { pid: 812, uid: 0 }) }
}

/// Start and length are in microseconds.
fn hook(phase: Phase, name: &str, start: u64, took: u64, outcome: Outcome) -> HookReport {
    HookReport {
        name: name.to_owned(),
        module: "orders::store".to_owned(),
        file: "src/store.rs".to_owned(),
        line: 42,
        phase,
        priority: 0,
        package: "orders".to_owned(),
        version: "1.2.3".to_owned(),
        timeout: Duration::from_secs(5),
        start: (!matches!(outcome, Outcome::Skipped(_))).then_some(micros(start)),
        duration: micros(took),
        outcome,
        doing: None,
        left_tasks: 0,
    }
}

fn report(hooks: Vec<HookReport>) -> Report {
    let end = |hook: &HookReport| hook.start.unwrap_or_default() + hook.duration;
    Report {
        trigger: signal(Signal::SIGTERM),
        duration: hooks.iter().map(end).max().unwrap_or_default(),
        hooks,
        in_flight: Vec::new(),
        deadline: micros(8_500 * MS),
        deadline_came: false,
        forced: None,
        own_end: None,
        triggered_at: UNIX_EPOCH + Duration::from_secs(1_790_000_000),
        draining: Some(micros(300)),
        in_flight_seen: Vec::new(),
        noted: Vec::new(),
        exit_code: 0,
    }
}

fn healthy() -> Report {
    use Outcome::Completed;
    let mut report = report(vec![
        hook(Phase::Announce, "leave_registry", 229, 121 * MS, Completed),
        hook(Phase::Stop, "stop_consumer", 1_230 * MS, 251 * MS, Completed),
        hook(Phase::Stop, "write_orders", 1_482 * MS, 300 * MS, Completed),
        hook(Phase::Stop, "write_index", 1_482 * MS, 201 * MS, Completed),
        hook(Phase::Close, "close_pool", 1_783 * MS, 80 * MS, Completed),
        hook(Phase::Flush, "flush_metrics", 1_864 * MS, 19, Completed),
    ]);
    report.draining = Some(micros(500 * MS));
    report.in_flight_seen = [(500, 12), (520, 11), (600, 7), (610, 6), (900, 3), (1_100, 1), (1_229, 0)]
        .map(|(at, count)| InFlightSeen { at: micros(at * MS), count })
        .to_vec();
    report
}

fn worst() -> Report {
    let lost = Outcome::TimedOut { abandoned: true };
    let late = Outcome::TimedOut { abandoned: false };
    let at = |hook: HookReport, doing: &str| HookReport { doing: Some(doing.to_owned()), ..hook };
    let mut report = report(vec![
        hook(
            Phase::Announce,
            "leave_registry",
            229,
            30 * MS,
            Outcome::Failed("connection refused (os error 111)".into()),
        ),
        hook(Phase::Drain, "finish_jobs", 31 * MS, 700 * MS, Outcome::Completed),
        hook(
            Phase::Stop,
            "stop_consumer",
            1_230 * MS,
            251 * MS,
            Outcome::Panicked("index out of bounds: the len is 3 but the index is 7".into()),
        ),
        at(
            hook(Phase::Stop, "write_orders", 1_482 * MS, 900 * MS, lost.clone()),
            "waiting in read on fd 9, a TCP connection to 10.0.0.3:5432",
        ),
        at(hook(Phase::Stop, "write_index", 1_482 * MS, 500 * MS, late), "awaiting, last polled 501 ms ago"),
        hook(Phase::Stop, "notify", 1_482 * MS, 20 * MS, Outcome::Completed),
        hook(
            Phase::Close,
            "close_pool",
            0,
            0,
            Outcome::Skipped(SkipReason::AfterAbandoned { hook: "write_orders".into() }),
        ),
        hook(
            Phase::Close,
            "close_cache",
            0,
            0,
            Outcome::Skipped(SkipReason::MissingValue { type_name: "cache::Pool".into() }),
        ),
        at(
            hook(Phase::Flush, "flush_metrics", 2_400 * MS, 1_700 * MS, lost),
            "waiting in connect on fd 12, a TCP connection to 10.0.7.1:4317",
        ),
        hook(Phase::Flush, "sync_disk", 0, 0, Outcome::Skipped(SkipReason::CutShort)),
    ]);
    report.draining = Some(micros(31 * MS));
    report.exit_code = 130;
    report.forced = Some(Signal::SIGINT);
    report.in_flight_seen =
        [(31, 4), (300, 3), (1_229, 2)].map(|(at, count)| InFlightSeen { at: micros(at * MS), count }).to_vec();
    report.in_flight = vec![WorkInFlight {
        name: "http".into(),
        count: 2,
        oldest: Duration::from_secs(31),
        file: "src/web.rs".into(),
        line: 17,
    }];
    let noted = [(1, Signal::SIGTERM), (1_220, Signal::SIGTERM), (2_600, Signal::SIGINT), (4_100, Signal::SIGINT)];
    report.noted = noted.map(|(at, it)| Noted { at: micros(at * MS), trigger: signal(it) }).to_vec();
    report
}

fn many() -> Report {
    let hooks = (0..200).map(|n| {
        let phase = if n < 20 {
            Phase::Announce
        } else if n < 150 {
            Phase::Stop
        } else {
            Phase::Close
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

fn quick() -> Report {
    let quick = (0..9).map(|n| hook(Phase::Stop, &format!("quick_{n}"), n * 100, 80, Outcome::Completed));
    let late = hook(Phase::Close, "close_pool", 1_000, 24_999 * MS, Outcome::TimedOut { abandoned: true });
    let last = (0..3).map(|n| hook(Phase::Flush, &format!("flush_{n}"), 25_001 * MS + n * 100, 95, Outcome::Completed));
    let mut report = report(quick.chain([late]).chain(last).collect());
    report.draining = Some(micros(10));
    report.deadline = micros(28_000 * MS);
    report.exit_code = 124;
    report
}

fn one() -> Report {
    let hooks = vec![hook(Phase::Stop, "flush_orders", 31, 17, Outcome::Completed)];
    Report { draining: Some(micros(21)), ..report(hooks) }
}

/// Every report above, and an empty one.
fn all() -> [Report; 6] {
    [healthy(), worst(), many(), quick(), one(), report(Vec::new())]
}

/// The rows of the layout as text: phase, top, name.
fn rows(report: &Report) -> Vec<String> {
    let layout = Layout::of(report);
    let row = |band: &Band<'_>, row: &Row<'_>| format!("{} {} {}", band.phase, row.top, row.name);
    layout.bands.iter().flat_map(|band| band.rows.iter().map(move |it| row(band, it))).collect()
}

#[test]
fn rows_are_in_the_plans_order_and_what_needs_words_takes_more_room() {
    let expected = [
        "announce 224 leave_registry",
        "drain 274 finish_jobs",
        "drain 296 (in flight)",
        "drain 340 (cut off)",
        "stop 373 stop_consumer",
        "stop 410 write_orders",
        "stop 447 write_index",
        "stop 484 notify",
        "close 519 close_pool",
        "close 541 close_cache",
        "flush 576 flush_metrics",
        "flush 613 sync_disk",
    ];
    assert_eq!(rows(&worst()), expected);
    assert_eq!(rows(&healthy()).first().map(String::as_str), Some("announce 207 (still serving)"));
    assert_eq!(rows(&one()).len(), 1, "the moment before draining is no row");
    assert_eq!(rows(&many()).len(), 200);
}

#[test]
fn marks_say_what_came_and_what_it_did() {
    let report = worst();
    let layout = Layout::of(&report);
    let told: Vec<_> = layout.marks.iter().map(|mark| (mark.text(), mark.lane)).collect();
    let expected = [
        ("SIGTERM ×2", Some(1)),
        ("draining", Some(0)),
        ("SIGTERM", Some(0)),
        ("SIGINT: hurry", Some(0)),
        ("SIGINT: the end", Some(0)),
    ];
    assert_eq!(told, expected.map(|(text, lane)| (text.to_owned(), lane)));
}

#[test]
fn labels_of_a_storm_of_signals_do_not_touch() {
    let mut report = worst();
    let storm =
        (0..64).map(|n| Noted { at: micros(n * 63 * MS), trigger: signal(Signal::from_raw(34 + n as i32 % 30)) });
    report.noted = storm.collect();
    let layout = Layout::of(&report);
    let labels = layout.marks.iter().filter_map(|mark| {
        let width = mark.text().len() as f64 * 6.0;
        let left = if mark.before { mark.place - width } else { mark.place };
        Some((mark.lane?, left, left + width))
    });
    let mut labels: Vec<_> = labels.collect();
    labels.sort_by(|one, other| one.0.cmp(&other.0).then(one.1.total_cmp(&other.1)));
    assert!((3..layout.marks.len()).contains(&labels.len()), "{labels:?}");
    let mut pairs = labels.iter().zip(labels.iter().skip(1));
    assert!(pairs.all(|(one, next)| one.0 < next.0 || one.2 <= next.1), "{labels:?}");
    assert!(labels.iter().all(|label| label.0 < 3), "{labels:?}");
    assert_eq!(report.to_svg().matches("<g class=\"mark noted\">").count(), 64);
}

#[test]
fn the_deadline_is_on_the_axis_where_it_is_near() {
    let near = Report { duration: micros(8_000 * MS), ..healthy() };
    let has_deadline = |report: &Report| Layout::of(report).marks.iter().any(|mark| mark.text() == "deadline");
    assert!(has_deadline(&near));
    assert!(!has_deadline(&healthy()), "it would make all else small");
    assert!(!has_deadline(&quick()), "it would have to be folded");
    assert!(healthy().to_svg().contains("deadline 8.5 s"), "the overview has it");
}

#[test]
fn two_hooks_of_one_name_are_told_apart() {
    let mut report = healthy();
    for (hook, module) in report.hooks.iter_mut().zip(["orders", "billing::invoices::of_the_last_year"]) {
        (hook.name, hook.module) = ("close".to_owned(), module.to_owned());
    }
    let rows = rows(&report);
    assert!(rows.iter().any(|row| row.ends_with(" orders::close")), "{rows:?}");
    assert!(rows.iter().any(|row| row.ends_with(" …invoices::of_the_last_year::close")), "{rows:?}");
}

#[test]
fn nothing_stands_outside_the_picture_or_has_no_size() {
    for report in all() {
        let (svg, height) = (report.to_svg(), Layout::of(&report).height());
        let attributes = |name: &'static str| {
            let parts = svg.split(name).skip(1).filter_map(|rest| rest.split('"').next());
            parts.filter_map(|number| number.parse::<f64>().ok()).collect::<Vec<_>>()
        };
        assert!(attributes(" x=\"").iter().all(|x| (0.0..=1200.0).contains(x)), "{svg}");
        assert!(attributes(" y=\"").iter().all(|y| (0.0..=height).contains(y)), "{svg}");
        assert!(attributes(" width=\"").iter().all(|width| *width > 0.0), "{svg}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        assert!(report.to_html().contains(&svg[svg.find("<defs>").unwrap()..]), "the page has the same picture");
    }
}

#[test]
fn a_wall_clock_without_a_meaning_is_left_out() {
    for since in [0, 253_402_300_800, 1 << 40] {
        let report = Report { triggered_at: UNIX_EPOCH + Duration::from_secs(since), ..one() };
        assert!(!report.to_svg().contains("UTC") && report.to_html().contains("SIGTERM"));
    }
    let before = Report { triggered_at: UNIX_EPOCH - Duration::from_secs(1), ..one() };
    assert!(!before.to_svg().contains("UTC"));
    assert!(one().to_svg().contains("2026-09-21 14:13:20.000 UTC"));
}
