//! Compares the package `on-shutdown-report` with the runtime: a real report that is read from JSON has the text that the
//! runtime prints, and a trace with every hook.

use std::time::Duration;

use on_shutdown_report::{Outcome, ProgramExit, Report, Trigger};
use process::{Ended, Signal};
use report::{HOSTILE_MESSAGE, HOSTILE_NAME};

use crate::{
    BADLY, CUT_OFF, MAIN_FAILS, MANY, MAX_DRAIN_TIME, NEW_WORK, NO_HOOKS, TASK_FAILS, WELL, folder, forced, read,
    reporting_to, stopped,
};

/// Reads the JSON of a shutdown, and compares its text with the report on stderr, line by line.
fn assert_same_text(ended: &Ended, json: &str) -> Report {
    let report = Report::from_json(json).unwrap_or_else(|error| panic!("{error}\n{json}"));
    let begin = ended.err.iter().position(|line| line.starts_with("shutdown report: ")).expect("it is on stderr");
    let text = report.to_string();
    assert_eq!(ended.err[begin..], text.lines().collect::<Vec<_>>(), "{ended}");
    report
}

#[test]
fn the_text_of_a_report_that_was_read_is_the_runtimes_own() {
    for (name, program) in
        [("well", WELL), ("badly", BADLY), ("many", MANY), ("cut-off", CUT_OFF), ("max-drain-time", MAX_DRAIN_TIME)]
    {
        let path = folder(&format!("reader-{name}")).join("report.json");
        let ended = stopped(reporting_to(program, &path));
        let report = assert_same_text(&ended, &read(&path));
        assert_eq!(Some(i32::from(report.exit_code)), ended.code);
    }
}

#[test]
fn the_text_of_a_forced_shutdown_is_the_runtimes_own() {
    let path = folder("reader-forced").join("report.json");
    let ended = forced(&path);
    let report = assert_same_text(&ended, &read(&path));
    assert_eq!((report.forced.as_deref(), report.later_triggers.len()), (Some("SIGINT"), 2));
}

#[test]
fn the_text_of_an_error_of_main_is_the_runtimes_own() {
    for how in ["short", "long", "later"] {
        let path = folder(&format!("reader-main-fails-{how}")).join("report.json");
        let mut program = reporting_to(MAIN_FAILS, &path).arg(how);
        let ended = if how == "later" {
            let seen = path.with_file_name("seen");
            program = program.arg(&seen);
            let running = program.spawn();
            running.err_line("main failed: starting http: bind failed");
            std::fs::write(seen, "").expect("the folder is ours");
            running.wait()
        } else {
            program.run()
        };
        let report = assert_same_text(&ended, &read(&path));
        let triggers = std::iter::once(&report.trigger).chain(report.later_triggers.iter().map(|later| &later.trigger));
        let errors = triggers.filter_map(|trigger| match trigger {
            Trigger::MainFailed { error, details, .. } => Some((error.clone(), details.lines().count())),
            _ => None,
        });
        let found: Vec<_> = errors.collect();
        let first = if how == "long" { "ä".repeat(400) } else { "starting http".to_owned() };
        assert_eq!(found, [(format!("{first}: bind failed: \x1b[2JAddress in use"), 9)], "{ended}");
    }
}

#[test]
fn the_text_of_the_last_new_work_is_the_runtimes_own() {
    for (when, is_late) in [("early", false), ("late", true)] {
        let path = folder(&format!("reader-new-work-{when}")).join("report.json");
        let ended = stopped(reporting_to(NEW_WORK, &path).arg(when));
        let report = assert_same_text(&ended, &read(&path));
        let (last, draining) = report.last_new_work.zip(report.draining).expect("work came after the trigger");
        assert_eq!(last >= draining * 4 / 5, is_late, "{ended}");
        assert_eq!(report.to_string().contains("set a longer drain delay"), is_late, "{ended}");
    }
}

#[test]
fn a_report_without_hooks_says_what_was_waited_for() {
    let path = folder("reader-no-hooks").join("report.json");
    let end = path.with_file_name("end");
    let mut running = reporting_to(NO_HOOKS, &path).arg(&end).start();
    running.signal(Signal::SIGTERM);
    // The drain phase has counted the work.
    running.err_line("waiting for request");
    std::fs::write(end, "").expect("the folder is ours");
    let report = assert_same_text(&running.wait(), &read(&path));
    assert!(report.headline().contains("; no hooks, all work in flight ended (at most 3) in "), "{report}");
}

#[test]
fn the_text_of_a_task_that_failed_is_the_runtimes_own() {
    let read_back = |how: &str| {
        let path = folder(&format!("reader-task-{how}")).join("report.json");
        let ended = reporting_to(TASK_FAILS, &path).arg(how).run();
        let report = assert_same_text(&ended, &read(&path));
        assert!(report.to_svg().contains("task con"), "{ended}");
        (report.trigger, report.program_exit, report.exit_code)
    };
    let place = ("tests/report/src/bin/report_task_fails.rs".to_owned(), 14, 15, 16);
    let (trigger, exit, code) = read_back("fails");
    let Trigger::TaskFailed { name, file, line, error, details } = trigger else { panic!("{trigger:?}") };
    assert_eq!((name.as_str(), &file, line), ("con\nsumer", &place.0, place.1));
    assert_eq!(error, "starting http: bind failed: \x1b[2JAddress in use");
    assert!(details.contains("Caused by:"), "{details}");
    assert_eq!((exit, code), (Some(ProgramExit::TaskFailed), 1));
    let (trigger, exit, code) = read_back("panics");
    let message = "ä".repeat(400);
    let panicked = Trigger::TaskPanicked { name: "consumer".to_owned(), file: file.clone(), line: place.2, message };
    assert_eq!((trigger, exit, code), (panicked, Some(ProgramExit::TaskPanicked), 101));
    let (trigger, exit, code) = read_back("ends");
    let ended = Trigger::TaskEnded { name: "consumer".to_owned(), file, line: place.3 };
    assert_eq!((trigger, exit, code), (ended, Some(ProgramExit::TaskFailed), 1));
}

#[test]
fn every_field_arrives() {
    let path = folder("reader-fields").join("report.json");
    stopped(reporting_to(BADLY, &path));
    let report = Report::from_json(&read(&path)).expect("it is a report");
    let outcome = |name: &str| {
        let hook = report.hooks.iter().find(|hook| hook.name == name);
        hook.unwrap_or_else(|| panic!("no hook `{name}` in {report:#?}")).outcome.clone()
    };
    assert_eq!(outcome("fails"), Outcome::Failed("connection refused (os error 111)".to_owned()));
    assert_eq!(outcome("panics"), Outcome::Panicked(HOSTILE_MESSAGE.to_owned()));
    assert_eq!(outcome("overruns"), Outcome::TimedOut { abandoned: false });
    assert_eq!(outcome("blocks"), Outcome::TimedOut { abandoned: true });
    let hook = report.hooks.iter().find(|hook| hook.name == "flush_metrics").expect("it is there");
    assert_eq!((hook.module.as_str(), hook.package.as_str()), ("report_badly", "report"));
    assert_eq!(hook.timeout, std::time::Duration::from_secs(20));
    assert!(hook.start.is_some() && hook.line > 0 && hook.file.ends_with("report_badly.rs"), "{hook:?}");
    let process = report.process.as_ref().expect("it is there");
    assert_eq!((process.name.as_str(), process.version.as_deref()), ("report_badly", Some("0.0.0")), "{process:?}");
    assert!(process.pid > 0 && process.host.as_ref().is_some_and(|host| !host.is_empty()), "{process:?}");
    let Trigger::Signal { sender_name, .. } = &report.trigger else { panic!("{:?}", report.trigger) };
    assert_eq!(sender_name.is_some(), cfg!(target_os = "linux"));
    assert!(report.triggered_at.is_some() && report.draining.is_some() && !report.in_flight_samples.is_empty());
    let left_tasks = |name: &str| report.hooks.iter().find(|hook| hook.name == name).map(|hook| hook.left_tasks);
    assert_eq!((left_tasks("leaves_a_task"), left_tasks("flush_metrics")), (Some(1), Some(0)));
    if cfg!(target_os = "linux") {
        let blocked = report.hooks.iter().find(|hook| hook.name == "blocks").and_then(|hook| hook.activity.as_deref());
        assert!(blocked.is_some_and(|activity| activity.contains("futex")), "{blocked:?}");
    }
    assert!(report.hooks.iter().all(|hook| report.phases.contains(&hook.phase)), "{:?}", report.phases);
}

#[test]
fn the_report_says_for_whom_work_in_flight_was_cut_off() {
    let path = folder("reader-cut-off").join("report.json");
    stopped(reporting_to(CUT_OFF, &path)).assert_code(124);
    let report = Report::from_json(&read(&path)).expect("it is a report");
    let cut_off = report.cut_off.expect("work was cut off");
    let kept: Vec<_> = cut_off.kept_for.iter().map(|kept| (kept.hook.as_str(), kept.time.as_millis())).collect();
    let others = [("other\n3", 10), ("other\n2", 10), ("other\n1", 10)];
    // A tenth of the usable 760 ms is promised to the hook without a timeout.
    let linked = [("report_cut_off::write_rows", 76), ("report_cut_off::close_pool", 2000)];
    assert_eq!(kept, [others.as_slice(), &linked].concat());
    if cfg!(target_os = "linux") {
        assert_eq!(cut_off.connections.len(), 2, "{cut_off:?}");
    }
    assert!(cut_off.at < report.duration && report.in_flight.len() == 1, "{cut_off:?}");
}

#[test]
fn the_report_says_that_the_maximum_drain_time_ended_the_wait() {
    let path = folder("reader-max-drain-time").join("report.json");
    let ended = stopped(reporting_to(MAX_DRAIN_TIME, &path));
    ended.assert_code(124).assert_err(", as the maximum drain time of 300 ms was over");
    let cut_off = Report::from_json(&read(&path)).expect("it is a report").cut_off.expect("work was cut off");
    assert_eq!((cut_off.max_drain_time, cut_off.kept_for), (Some(Duration::from_millis(300)), vec![]));
    assert!(cut_off.at >= Duration::from_millis(300));
}

#[test]
fn a_trace_has_every_hook() {
    let path = folder("reader-trace").join("report.json");
    stopped(reporting_to(BADLY, &path));
    let report = Report::from_json(&read(&path)).expect("it is a report");
    let trace: serde_json::Value = serde_json::from_str(&report.to_trace()).expect("it is JSON");
    let events = trace["traceEvents"].as_array().expect("an array");
    // The trace escapes control characters in names.
    let escaped = HOSTILE_NAME.replace('\u{1b}', r"\u{1b}").replace('\u{202e}', r"\u{202e}").replace('\0', r"\u{0}");
    for hook in &report.hooks {
        let name = hook.full_name().replace(HOSTILE_NAME, &escaped);
        let is_hook = |event: &&serde_json::Value| event["args"]["hook"] == name;
        assert_eq!(events.iter().filter(is_hook).count(), 1, "{name}");
    }
}
