//! Tests sockets that are absent, dead, full, badly named or owned by another program: the shutdown continues, and logs
//! the problem once.

use std::path::PathBuf;
use std::time::Duration;

use process::{Ended, Running, Signal};
use systemd::{Manager, lines, program};

const REPORT: &str = "STATUS=SIGTERM ";
const COMPLAINT: &str = "systemd was not notified of the shutdown: NOTIFY_SOCKET=";

fn stop(mut program: Running) -> Ended {
    program.signal(Signal::SIGTERM);
    program.wait()
}

/// Asserts that all hooks have run, in time.
fn all_well(ended: &Ended) {
    ended.assert_code(0).assert_order(&["leave", "pool", "metrics"]).assert_err("; 5 completed in ");
    ended.assert_before(Duration::from_secs(20));
}

fn complaints(ended: &Ended, text: &str) -> usize {
    ended.err.iter().filter(|line| line.contains(text)).count()
}

#[test]
fn without_the_variable_nothing_is_said() {
    let ended = stop(program("usual").start());
    all_well(&ended);
    ended.assert_no_err("systemd");
    assert_eq!(ended.out.first().map(String::as_str), Some("ready"), "{ended}");
}

#[test]
fn an_abstract_name_is_understood() {
    let manager = Manager::abstract_name();
    let program = manager.program("usual").start();
    assert_eq!(manager.next(), ["READY=1"]);
    all_well(&stop(program));
    assert_eq!(manager.arrived()[0], ["STOPPING=1"]);
}

#[test]
fn a_socket_without_a_listener_changes_nothing() {
    let manager = Manager::new();
    let program = manager.program("usual").start();
    drop(manager);
    let ended = stop(program);
    all_well(&ended);
    assert_eq!(complaints(&ended, COMPLAINT), 1, "{ended}");
}

#[test]
fn a_socket_that_was_dead_from_the_start_is_an_error_of_ready() {
    let name = PathBuf::from("/nowhere/notify");
    let ended = stop(program("usual").env("NOTIFY_SOCKET", name.to_str().expect("text")).start());
    all_well(&ended);
    ended.assert_out("not ready: NOTIFY_SOCKET=/nowhere/notify: No such file or directory");
    assert_eq!(complaints(&ended, COMPLAINT), 1, "{ended}");
}

/// Like a restart of the service manager while the service runs.
#[test]
fn a_later_listener_at_the_same_path_gets_the_messages() {
    let manager = Manager::new();
    let path = PathBuf::from(&manager.name);
    let program = manager.program("usual").start();
    drop(manager);
    let manager = Manager::at(path);
    let ended = stop(program);
    all_well(&ended);
    ended.assert_no_err("was not notified");
    assert_eq!(manager.arrived()[0], ["STOPPING=1"]);
}

#[test]
fn an_invalid_name_is_reported_at_install() {
    for name in ["notify", "vsock:2:1234", "/", &format!("/{}", "x".repeat(200))] {
        let ended = stop(program("usual").env("NOTIFY_SOCKET", name).start());
        all_well(&ended);
        ended.assert_out(&format!("not ready: NOTIFY_SOCKET={name}: "));
        let at_install = format!("systemd will not be notified of the shutdown: NOTIFY_SOCKET={name}: ");
        assert_eq!(complaints(&ended, &at_install), 1, "{ended}");
        assert_eq!(complaints(&ended, "systemd"), 1, "{ended}");
    }
}

/// compose's `${X:-}` sets empty variables.
#[test]
fn a_blank_name_is_no_name() {
    let ended = stop(program("usual").env("NOTIFY_SOCKET", "").start());
    all_well(&ended);
    ended.assert_no_err("systemd");
}

#[test]
fn a_full_socket_holds_nothing_up() {
    let manager = Manager::new();
    let program = manager.program("usual").start();
    assert_eq!(manager.next(), ["READY=1"]);
    assert!(manager.fill() > 0);
    let ended = stop(program);
    all_well(&ended);
    assert_eq!(complaints(&ended, COMPLAINT), 1, "{ended}");
    assert!(manager.arrived().iter().all(|message| *message == ["FULL=1"]));
}

/// systemd may be busy for a while. The program sends delayed messages when there is room again, STOPPING=1 first.
#[test]
fn what_had_no_room_is_said_later() {
    let manager = Manager::new();
    let mut program = manager.program("drains").start();
    assert_eq!(manager.next(), ["READY=1"]);
    manager.fill();
    program.signal(Signal::SIGTERM);
    program.err_line(COMPLAINT);
    let full = manager.arrived();
    let messages: Vec<_> =
        full.into_iter().filter(|message| *message != ["FULL=1"]).chain(manager.until(REPORT)).collect();
    assert_eq!(messages[0][0], "STOPPING=1", "{messages:#?}");
    assert_eq!(lines(&messages, "STOPPING="), ["1"]);
    assert!(!lines(&messages, "EXTEND_TIMEOUT_USEC=").is_empty(), "{messages:#?}");
    program.wait().assert_code(0);
}

#[test]
fn readiness_that_has_no_room_is_an_error() {
    let manager = Manager::new();
    assert!(manager.fill() > 0);
    let ended = stop(manager.program("usual").start());
    all_well(&ended);
    ended.assert_out("not ready: no room");
}

#[test]
fn spec_3_27_without_a_free_descriptor_all_is_said() {
    let manager = Manager::new();
    let program = manager.program("no-descriptors").start();
    assert_eq!(manager.next(), ["READY=1"]);
    all_well(&stop(program));
    let messages = manager.until(REPORT);
    assert_eq!(messages[0], ["STOPPING=1"]);
}

/// A child of the service inherits the socket. The end of the child is not the end of the service.
#[test]
fn a_child_of_the_service_says_nothing() {
    let manager = Manager::new();
    all_well(&stop(manager.program("silent").env("SYSTEMD_EXEC_PID", "1").start()));
    assert_eq!(manager.arrived(), [[""; 0]; 0]);
}

#[test]
fn a_child_that_has_reported_its_readiness_is_the_service() {
    let manager = Manager::new();
    all_well(&stop(manager.program("usual").env("SYSTEMD_EXEC_PID", "1").start()));
    let messages = manager.until(REPORT);
    assert_eq!((&messages[0][0][..], &messages[1][0][..]), ("READY=1", "STOPPING=1"));
}
