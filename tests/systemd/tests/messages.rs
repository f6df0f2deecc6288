//! Tests which messages a program sends to systemd, in which order, and when it asks for more time.

use process::Signal;
use systemd::{Manager, extensions, lines};

const REPORT: &str = "STATUS=SIGTERM ";

/// Stops a ready program by SIGTERM. Returns every message after the one on readiness.
fn stop(mode: &str, code: i32) -> Vec<Vec<String>> {
    let manager = Manager::new();
    let mut program = manager.program(mode).start();
    assert_eq!(manager.next(), ["READY=1"]);
    assert_eq!(manager.arrived(), [[""; 0]; 0], "nothing more before the trigger");
    program.signal(Signal::SIGTERM);
    let messages = manager.until(REPORT);
    program.wait().assert_code(code).assert_no_err("was not notified");
    assert_eq!(manager.arrived(), [[""; 0]; 0], "nothing after the report");
    messages
}

#[test]
fn stopping_comes_first_then_each_phase_then_the_report() {
    let messages = stop("usual", 0);
    assert_eq!(messages[0], ["STOPPING=1"]);
    assert_eq!(lines(&messages, "STOPPING="), ["1"], "once");
    let status = lines(&messages, "STATUS=");
    let phases: Vec<&str> = status.iter().map(String::as_str).filter(|text| !text.contains("waiting for")).collect();
    let (report, phases) = phases.split_last().expect("a status");
    assert_eq!(phases, ["deregister: 1 hook", "drain", "stop: 2 hooks", "close: 1 hook", "finalize: 1 hook"]);
    assert!(report.contains("; 5 completed in "), "{report}");
    assert_eq!(lines(&messages, "WATCHDOG"), [""; 0]);
}

#[test]
fn only_the_program_reports_its_readiness() {
    let manager = Manager::new();
    let mut program = manager.program("silent").start();
    program.signal(Signal::SIGTERM);
    assert_eq!(manager.next(), ["STOPPING=1"]);
    assert_eq!(lines(&manager.until(REPORT), "READY"), [""; 0]);
    program.wait().assert_code(0);
}

#[test]
fn readiness_can_be_reported_before_install() {
    let manager = Manager::new();
    let mut program = manager.program("ready-first").start();
    assert_eq!(manager.next(), ["READY=1"]);
    program.signal(Signal::SIGTERM);
    assert_eq!(manager.next(), ["STOPPING=1"]);
    manager.until(REPORT);
    program.wait().assert_code(0);
}

#[test]
fn a_shutdown_by_request_is_reported_too() {
    let manager = Manager::new();
    let program = manager.program("itself").spawn();
    let messages = manager.until("STATUS=request");
    let ready = lines(&messages, "READY=").len();
    // The request may come before the program is ready. In that case the program sends no READY=1.
    assert_eq!(messages[usize::from(ready == 1 && messages[0] == ["READY=1"])], ["STOPPING=1"], "{messages:?}");
    program.wait().assert_code(0);
}

#[test]
fn work_that_ends_extends_the_timeout_and_is_counted_in_the_status() {
    let messages = stop("drains", 0);
    let status = lines(&messages, "STATUS=");
    let count =
        |text: &String| text.strip_prefix("drain: waiting for ")?.strip_suffix(" in flight")?.parse::<u32>().ok();
    let counts: Vec<u32> = status.iter().filter_map(count).collect();
    assert!(counts.len() >= 2 && counts.is_sorted_by(|earlier, later| earlier > later), "{status:#?}");
    let extensions = extensions(&messages);
    assert!(extensions.len() >= 2, "{messages:#?}");
    assert!(extensions.iter().all(|seconds| (4.9..=30.0).contains(seconds)), "{extensions:?}");
}

#[test]
fn a_hung_hook_does_not_extend_the_timeout() {
    let messages = stop("hangs", 124);
    assert_eq!(extensions(&messages), [0.0; 0], "{messages:#?}");
    let status = lines(&messages, "STATUS=");
    assert!(status.iter().any(|text| text == "stop: waiting for stuck"), "{status:#?}");
}

#[test]
fn a_hook_that_hangs_after_others_is_waited_for_until_its_timeout_and_no_longer() {
    let messages = stop("hangs-later", 124);
    let flush = messages.iter().position(|message| message[0] == "STATUS=finalize: 1 hook").expect("flush");
    let hung = extensions(&messages[..flush]);
    // The hook that ended before extends the timeout by the time that this hook declares (1.5 s) and 5 s. The hung hook
    // does not extend it.
    assert!(hung.len() == 1 && (5.0..=6.5).contains(&hung[0]), "{messages:#?}");
}

#[test]
fn the_drain_delay_extends_the_timeout_by_its_own_duration_at_once() {
    let messages = stop("delays", 0);
    let first = extensions(&messages)[0];
    // Or longer, if the hook of phase `deregister` (5 s) was still running at the look.
    assert!((1.5 + 4.0..=5.0 + 5.0).contains(&first), "{messages:#?}");
    let status = lines(&messages, "STATUS=");
    assert!(status.iter().any(|text| text == "deregister: serving until the drain delay is over"), "{status:#?}");
}

/// The supervisor ends the process, while a hook holds the only worker.
#[test]
fn a_forced_end_sends_the_final_status_and_nothing_after_it() {
    let manager = Manager::new();
    let mut program = manager.program("hangs-long").start();
    program.signal(Signal::SIGTERM);
    // Within a second of the trigger, a signal would count as the same request.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    program.signal(Signal::SIGINT);
    program.err_line("SIGINT again");
    program.signal(Signal::SIGINT);
    program.wait().assert_code(130);
    let messages = manager.arrived();
    let (last, status) = (messages.last().expect("a message"), lines(&messages, "STATUS="));
    assert!(last[0].starts_with(REPORT) && last.len() == 1, "{messages:#?}");
    assert_eq!(status.iter().filter(|text| text.starts_with("SIGTERM ")).count(), 1, "{messages:#?}");
}

/// With `\n`, a hook's name or a label could send any message to systemd.
#[test]
fn no_text_of_the_program_becomes_a_message() {
    let manager = Manager::new();
    let program = manager.program("hostile-words").spawn();
    let messages = manager.until("STATUS=request");
    program.wait().assert_code(0);
    for line in messages.iter().flatten().filter(|line| *line != "READY=1") {
        let known = ["STOPPING=1", "STATUS=", "EXTEND_TIMEOUT_USEC="].iter().any(|known| line.starts_with(known));
        assert!(known, "{messages:#?}");
    }
    let status = lines(&messages, "STATUS=");
    assert!(status.iter().any(|text| text.contains("because READY=1")), "{status:#?}");
    assert!(status.iter().any(|text| text == "stop: waiting for two lines WATCHDOG=trigger"), "{status:#?}");
}
