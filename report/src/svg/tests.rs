//! Draws whole reports, and checks what is in the pictures and where.

use std::time::{Duration, UNIX_EPOCH};

use super::layout::{Band, Layout, Row};
use crate::model::{LaterTrigger, Report};
use crate::samples::{MS, all, healthy, many, micros, one, quick, signal, worst};

/// Returns the rows as text: phase, top, name.
fn rows(report: &Report) -> Vec<String> {
    let layout = Layout::new(report);
    let row = |band: &Band<'_>, row: &Row<'_>| format!("{} {} {}", band.phase, row.top, row.name);
    layout.bands.iter().flat_map(|band| band.rows.iter().map(move |it| row(band, it))).collect()
}

#[test]
fn rows_follow_the_plan_and_a_row_with_a_remark_is_higher() {
    let expected = [
        "deregister 224 leave_registry",
        "drain 274 finish_jobs",
        "drain 296 (in flight)",
        "drain 340 (cut off)",
        "stop 373 stop_consumer",
        "stop 410 write_orders",
        "stop 447 write_index",
        "stop 484 notify",
        "close 534 close_pool",
        "close 556 close_cache",
        "finalize 591 flush_metrics",
        "finalize 628 sync_disk",
    ];
    assert_eq!(rows(&worst()), expected);
    assert_eq!(rows(&healthy()).first().map(String::as_str), Some("deregister 207 (still serving)"));
    assert_eq!(rows(&one()).len(), 1, "a moment before draining has no row");
    assert_eq!(rows(&many()).len(), 200);
}

#[test]
fn tasks_that_a_hook_left_are_in_the_picture_and_in_the_table() {
    let report = worst();
    assert!(report.to_svg().contains(">left 2 tasks unfinished (src/store.rs:42)</text>"));
    assert!(report.to_html().contains("<span class=\"why\">left 2 tasks unfinished</span>"));
}

#[test]
fn markers_name_the_signal_and_its_effect() {
    let report = worst();
    let layout = Layout::new(&report);
    let labels: Vec<_> = layout.markers.iter().map(|marker| (marker.text(), marker.lane)).collect();
    let expected = [
        ("SIGTERM ×2", Some(1)),
        ("draining", Some(0)),
        ("SIGTERM", Some(0)),
        ("SIGINT: fast shutdown", Some(0)),
        ("SIGINT: immediate exit", Some(0)),
    ];
    assert_eq!(labels, expected.map(|(text, lane)| (text.to_owned(), lane)));
}

#[test]
fn labels_of_many_signals_do_not_touch() {
    let mut report = worst();
    let storm =
        (0..64).map(|n| LaterTrigger { at: micros(n * 63 * MS), trigger: signal(&format!("signal {}", 34 + n % 30)) });
    report.later_triggers = storm.collect();
    let layout = Layout::new(&report);
    let labels = layout.markers.iter().filter_map(|marker| {
        let width = marker.text().len() as f64 * 6.0;
        let left = if marker.is_label_left { marker.x - width } else { marker.x };
        Some((marker.lane?, left, left + width))
    });
    let mut labels: Vec<_> = labels.collect();
    labels.sort_by(|one, other| one.0.cmp(&other.0).then(one.1.total_cmp(&other.1)));
    assert!((3..layout.markers.len()).contains(&labels.len()), "{labels:?}");
    let mut pairs = labels.iter().zip(labels.iter().skip(1));
    assert!(pairs.all(|(one, next)| one.0 < next.0 || one.2 <= next.1), "{labels:?}");
    assert!(labels.iter().all(|label| label.0 < 3), "{labels:?}");
    assert_eq!(report.to_svg().matches("<g class=\"marker later\">").count(), 64);
}

#[test]
fn the_deadline_is_on_the_axis_if_it_is_near() {
    let near = Report { duration: micros(8_000 * MS), ..healthy() };
    let has_deadline = |report: &Report| Layout::new(report).markers.iter().any(|marker| marker.text() == "deadline");
    assert!(has_deadline(&near));
    assert!(!has_deadline(&healthy()), "the rest would become small");
    assert!(!has_deadline(&quick()), "the axis would have to be folded");
    assert!(healthy().to_svg().contains("deadline 8.5 s"), "the overview has it");
}

#[test]
fn two_hooks_of_one_name_are_shown_with_their_modules() {
    let mut report = healthy();
    for (hook, module) in report.hooks.iter_mut().zip(["orders", "billing::invoices::of_the_last_year"]) {
        (hook.name, hook.module) = ("close".to_owned(), module.to_owned());
    }
    let rows = rows(&report);
    assert!(rows.iter().any(|row| row.ends_with(" orders::close")), "{rows:?}");
    assert!(rows.iter().any(|row| row.ends_with(" …invoices::of_the_last_year::close")), "{rows:?}");
}

#[test]
fn everything_is_inside_the_picture_and_has_a_size() {
    for report in all() {
        let (svg, height) = (report.to_svg(), Layout::new(&report).height());
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
    let at = |since| Report { triggered_at: UNIX_EPOCH.checked_add(Duration::from_secs(since)), ..one() };
    for report in [at(253_402_300_800), at(1 << 40), Report { triggered_at: None, ..one() }] {
        assert!(!report.to_svg().contains("UTC") && report.to_html().contains("SIGTERM"));
    }
    let before = Report { triggered_at: Some(UNIX_EPOCH - Duration::from_secs(1)), ..one() };
    assert!(!before.to_svg().contains("UTC"));
    assert!(one().to_svg().contains("2026-09-21 14:13:20.000 UTC"));
}

#[test]
fn a_report_of_unknown_phases_is_drawn_in_the_order_of_its_hooks() {
    let mut report = healthy();
    report.phases = vec!["zeta".to_owned(), "alpha <b>".to_owned()];
    report.hooks.iter_mut().zip(["zeta", "alpha <b>"]).for_each(|(hook, phase)| hook.phase = phase.to_owned());
    report.hooks.truncate(2);
    let phases: Vec<String> = Layout::new(&report).bands.iter().map(|band| band.phase.to_owned()).collect();
    assert_eq!(phases, report.phases);
    assert!(!report.to_svg().contains("<b>") && !report.to_html().contains("<b>"));
}

/// A user may write a report by hand. A report that contradicts itself is drawn, and no number overflows.
#[test]
fn reports_that_contradict_themselves_are_drawn() {
    let times = [0, 1, 999, 5 * MS, 300 * MS, 8_500 * MS, 1_000_000_000 * MS, u64::MAX].map(Duration::from_micros);
    let mut state = 7_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 40).expect("24 bits fit")
    };
    for _ in 0..300 {
        let mut report = worst();
        let mut time = || times[random() % times.len()];
        (report.duration, report.budget, report.draining) = (time(), time(), Some(time()));
        for hook in &mut report.hooks {
            (hook.start, hook.duration, hook.timeout) = (Some(time()), time(), time());
        }
        report.in_flight_samples.iter_mut().for_each(|sample| sample.at = time());
        report.later_triggers.iter_mut().for_each(|later| later.at = time());
        report.in_flight.iter_mut().for_each(|work| (work.oldest, work.count) = (time(), usize::MAX));
        report.hooks.iter_mut().for_each(|hook| hook.priority = if random() % 2 == 0 { i32::MIN } else { i32::MAX });
        let svg = report.to_svg();
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        assert!(!report.to_string().is_empty() && report.to_html().ends_with("</html>\n"));
        assert!(!report.to_trace().contains(":null"));
    }
}
