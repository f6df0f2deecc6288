//! Writes one line into Kubernetes' termination log if the exit code is not 0.
//!
//! `kubectl describe pod` shows it as the message of a container that ended. The kubelet keeps the last 4096 bytes of
//! the file, so the line is cut to that, and says how many hooks it leaves out. An error of `main` is there with its
//! causes, and without its backtrace.

use std::io::Write;
use std::path::Path;

use crate::os;
use crate::report::{LaterTrigger, OneLine, Outcome, Report, cut};

/// The default `terminationMessagePath` of Kubernetes.
const PATH: &str = "/dev/termination-log";

/// Maximum size of the line with its line break, in bytes (`MaxContainerTerminationMessageLength` of the kubelet).
const LIMIT: usize = 4096;

/// Maximum size of the trigger: its label, or the error of `main` with its causes, may be long.
const TRIGGER_LIMIT: usize = 2048;

/// Maximum size of a `main` that failed or panicked after the trigger.
const LATER_LIMIT: usize = 512;

/// Maximum size of one hook: a long error must not hide the other hooks.
const HOOK_LIMIT: usize = 512;

/// Room for the number of hooks that are left out.
const REST_LIMIT: usize = 48;

/// Appends the line to the file. Writes nothing if there is no such file, or if it is a link or would block.
pub(crate) fn write(report: &Report) {
    write_to(Path::new(PATH), report);
}

fn write_to(path: &Path, report: &Report) {
    // Appends, because the program may have written a message of its own. Follows no link, which the container's user
    // may have placed. Does not block on a pipe.
    let file = os::append_to_existing(path);
    // Best effort: the report on stderr has more, and the process must end.
    let _ = file.and_then(|mut file| file.write_all(line(report).as_bytes()));
}

/// Returns the line, at most [`LIMIT`] bytes with its line break.
fn line(report: &Report) -> String {
    let trigger = cut(OneLine(&report.trigger).to_string(), TRIGGER_LIMIT);
    let mut line = format!("exit code {}: {trigger}; {}", report.exit_code, report.result());
    // The first failure of `main` or of a task determines the exit code.
    let is_failure = |later: &&LaterTrigger| later.trigger.is_failure();
    if let Some(later) = report.later_triggers.iter().find(is_failure) {
        line += &cut(OneLine(format_args!("; {}", later.trigger)).to_string(), LATER_LIMIT);
    }
    let mut rest = report.hooks.iter().filter(|hook| hook.outcome != Outcome::Completed).peekable();
    while let Some(hook) = rest.peek() {
        let location = OneLine(format_args!(" ({}:{})", hook.file, hook.line)).to_string();
        let outcome = OneLine(format_args!("; {} {}", hook.name, hook.outcome)).to_string();
        // The location stays whole: it is what the reader looks for.
        let hook = cut(outcome, HOOK_LIMIT.saturating_sub(location.len())) + &cut(location, HOOK_LIMIT);
        if line.len() + hook.len() + REST_LIMIT > LIMIT {
            break;
        }
        line += &hook;
        rest.next();
    }
    match rest.count() {
        0 => {}
        1 => line += "; … and 1 more hook",
        more => line += &format!("; … and {more} more hooks"),
    }
    line + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::trigger::Trigger;

    fn report() -> Report {
        Report { exit_code: 70, ..sample::report(&[Outcome::Failed("disk full".into())]) }
    }

    fn folder() -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("on-shutdown-log-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn spec_3_24_one_line_names_the_hook() {
        let path = folder().join("log");
        std::fs::write(&path, "").unwrap();
        write_to(&path, &report());
        let expected = "exit code 70: main returned; 1 failed in 1 s of 8 s; \
                        flush_orders failed: disk full (src/orders.rs:42)\n";
        assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
    }

    #[test]
    fn spec_3_24_no_file_is_made_and_no_link_followed() {
        let (target, link, absent) = (folder().join("target"), folder().join("link"), folder().join("absent"));
        std::fs::write(&target, "kept").unwrap();
        let _ = std::os::unix::fs::symlink(&target, &link);
        write_to(&link, &report());
        write_to(&absent, &report());
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "kept");
        assert!(!absent.exists());
    }

    #[test]
    fn spec_3_24_the_line_is_cut_to_what_kubernetes_keeps_and_says_so() {
        let failed = |error: &str, count| {
            let outcome = Outcome::Failed(error.into());
            line(&Report { exit_code: 70, ..sample::report(&vec![outcome; count]) })
        };
        for (error, count) in
            [("disk full", 500), ("ä".repeat(5000).as_str(), 500), ("x", 3), ("€".repeat(100).as_str(), 100)]
        {
            let line = failed(error, count);
            assert!(line.len() <= LIMIT, "{} bytes: {line}", line.len());
            assert_eq!(line.lines().count(), 1, "{line}");
            assert!(line.ends_with('\n'), "{line}");
            let shown = line.matches("(src/orders.rs:42)").count();
            match count - shown {
                0 => assert!(!line.contains("more hook"), "{line}"),
                more => assert!(line.ends_with(&format!("; … and {more} more hooks\n")), "{shown} shown: {line}"),
            }
            assert!(shown >= 3, "{line}");
        }
        assert!(failed("disk full", 500).len() > LIMIT - 100, "as many hooks as fit");
    }

    #[test]
    fn spec_3_24_a_long_label_and_control_characters_leave_one_line_that_names_the_hook() {
        let trigger = crate::trigger::Trigger::Request { label: "again\n\x1b[2J".repeat(1000) };
        let sample = sample::report(&[Outcome::Panicked("two\nlines\r\x1b[31m".to_owned())]);
        let line = line(&Report { exit_code: 70, trigger, ..sample });
        assert!(line.len() <= LIMIT && line.lines().count() == 1 && !line.contains('\x1b'), "{line}");
        let expected = r"; flush_orders panicked: two\nlines\r\u{1b}[31m (src/orders.rs:42)";
        let end = line.trim_end().rsplit_once('…').map(|(_, end)| end.to_owned());
        assert_eq!(end, Some(format!("; 1 panicked in 1 s of 8 s{expected}")));
    }

    #[test]
    fn spec_3_24_the_error_of_main_has_its_causes_and_no_backtrace_within_2_kib() {
        let failed = |error: &str| Trigger::MainFailed {
            error: error.to_owned(),
            details: format!("{error}\n\nStack backtrace:\n   0: app::main"),
        };
        let line = |trigger| line(&Report { exit_code: 1, trigger, ..report() });
        let hook = "1 failed in 1 s of 8 s; flush_orders failed: disk full (src/orders.rs:42)\n";
        let expected = format!("exit code 1: main failed: starting http: bind failed; {hook}");
        assert_eq!(line(failed("starting http: bind failed")), expected);
        let long = line(failed(&"ä: ".repeat(1000)));
        assert!(long.len() < 2048 + 200 && long.len() > 2048 && long.ends_with(&format!("…; {hook}")), "{long}");
        assert!(!long.contains("backtrace"), "{long}");
    }

    #[test]
    fn spec_3_24_a_main_that_failed_during_the_shutdown_is_named() {
        let signal = Trigger::from(crate::Signal::SIGTERM);
        let error = "connection lost".to_owned();
        let trigger = Trigger::MainFailed { error, details: String::new() };
        let later_triggers = vec![
            LaterTrigger { at: std::time::Duration::ZERO, trigger: signal.clone() },
            LaterTrigger { at: std::time::Duration::ZERO, trigger },
        ];
        let line = line(&Report { exit_code: 1, trigger: signal, later_triggers, ..report() });
        let expected = "exit code 1: SIGTERM; 1 failed in 1 s of 8 s; main failed: connection lost; flush_orders failed: \
                        disk full (src/orders.rs:42)\n";
        assert_eq!(line, expected);
    }
}
