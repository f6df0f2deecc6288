//! Tests a real systemd: which messages it gets, how long it waits, and how it judges the end.

use std::time::{Duration, Instant};

use containers::{Program, Systemd, in_docker};

const UNIT: &str = "unit.service";
const ORDERS: &str = "orders.service";
/// The example's own unit file, unchanged.
const ORDERS_UNIT: &str = include_str!("../../../examples/platforms/systemd/orders.service");

/// A unit that waits for 2 s between SIGTERM and SIGKILL, with more lines for its service.
fn unit(mode: &str, lines: &str) -> String {
    format!("[Service]\nType=notify\nExecStart=/usr/local/bin/unit {mode}\nTimeoutStopSec=2\n{lines}\n")
}

/// Boots, starts the unit, and does the rest.
fn with_unit(text: &str, test: impl FnOnce(&Systemd)) {
    in_docker(|| {
        let systemd = Systemd::boot(&[Program::new("unit")])?;
        systemd.note_messages();
        systemd.start(UNIT, text);
        test(&systemd);
        Ok(())
    });
}

/// How the unit's last run ended: systemd's word for it, and the exit code or the signal's number.
fn assert_ended(systemd: &Systemd, unit: &str, result: &str, status: &str) {
    let ended = (systemd.show(unit, "Result"), systemd.show(unit, "ExecMainStatus"));
    let log = [systemd.journal(unit), systemd.notes(unit)].concat().join("\n");
    assert_eq!((ended.0.as_str(), ended.1.as_str()), (result, status), "{log}");
}

/// Stops the unit, and answers with how long that took.
fn stop(systemd: &Systemd) -> Duration {
    let begun = Instant::now();
    systemd.run(&format!("systemctl stop {UNIT}"));
    begun.elapsed()
}

fn count(lines: &[String], beginning: &str) -> usize {
    lines.iter().filter(|line| line.starts_with(beginning)).count()
}

/// Every line once, and below the headline of the report a row of the last phase.
fn assert_readable(journal: &[String], said: &[&str], last_phase: &str) {
    for line in said {
        assert_eq!(count(journal, line), 1, "`{line}`\n{}", journal.join("\n"));
    }
    let report = journal.iter().position(|line| line.starts_with("shutdown report: ")).expect("a report");
    let row = format!("  {last_phase} ");
    assert!(journal[report + 1..].iter().any(|line| line.starts_with(&row)), "{}", journal.join("\n"));
}

#[test]
fn a_drain_of_5_s_is_carried_past_a_stop_timeout_of_2_s_while_work_ends() {
    with_unit(&unit("drain", ""), |systemd| {
        systemd.run(&format!("systemctl stop --no-block {UNIT}"));
        let seen = systemd.wait_for(UNIT, "StatusText", |text| text.starts_with("drain: waiting for "));
        assert!(seen.ends_with(" in flight"), "{seen}");
        assert_eq!(systemd.show(UNIT, "SubState"), "stop-sigterm");
        systemd.wait_for(UNIT, "ActiveState", |state| state != "deactivating");
        assert_ended(systemd, UNIT, "success", "0");

        let messages = systemd.messages(UNIT);
        let of = |beginning| count(&messages, beginning);
        // Several may come in one message, and then stand in one line.
        let first = messages.iter().position(|message| message.contains("STOPPING=1")).expect("that it stops");
        assert_eq!(messages[..first], ["READY=1"], "{messages:#?}");
        assert!(
            messages.iter().filter(|message| message.contains("EXTEND_TIMEOUT_USEC=")).count() >= 3,
            "{messages:#?}"
        );
        assert!(of("STATUS=drain: waiting for ") >= 3, "{messages:#?}");
        assert_eq!((of("STATUS=finalize: 1 hook"), of("WATCHDOG")), (1, 0), "{messages:#?}");
        assert!(
            messages
                .last()
                .is_some_and(|last| last.contains("STATUS=SIGTERM from pid 1, uid 0 (systemd); 1 completed in 5"))
        );
        // What `systemctl status` shows afterwards.
        assert!(systemd.show(UNIT, "StatusText").starts_with("SIGTERM from pid 1, uid 0 (systemd); 1 completed in 5"));

        let said = ["working", "flushed", "on-shutdown: SIGTERM from pid 1, uid 0 (systemd); 1 hook to run within "];
        let grace =
            "on-shutdown: 0 hooks, on SIGTERM, SIGINT; grace period 1m 30s (the default of systemd, detected by ";
        assert_readable(&systemd.journal(UNIT), &[said.as_slice(), &[grace]].concat(), "finalize");
    });
}

/// The control: without a word to systemd the same drain is cut off.
#[test]
fn the_same_drain_is_killed_where_systemd_does_not_listen() {
    with_unit(&unit("drain", "Type=simple"), |systemd| {
        systemd.wait_for(UNIT, "ActiveState", |_| systemd.journal(UNIT).contains(&"working".to_owned()));
        stop(systemd);
        assert_ended(systemd, UNIT, "timeout", "9");
        assert_eq!(systemd.messages(UNIT), [""; 0]);
        assert_eq!(count(&systemd.journal(UNIT), "flushed"), 0);
    });
}

#[test]
fn a_hook_that_hangs_is_not_carried_past_the_stop_timeout() {
    with_unit(&unit("hang", ""), |systemd| {
        let took = stop(systemd);
        assert_ended(systemd, UNIT, "timeout", "9");
        // Its own timeout is 60 s.
        assert!(took < Duration::from_secs(30), "{took:?}");
        let messages = systemd.messages(UNIT);
        assert!(messages.iter().any(|message| message.contains("STATUS=stop: waiting for stuck")), "{messages:#?}");
        assert!(!messages.iter().any(|message| message.contains("EXTEND_TIMEOUT_USEC")), "{messages:#?}");
    });
}

#[test]
fn a_hook_that_hangs_after_others_have_ended_is_abandoned_and_the_later_ones_run() {
    with_unit(&unit("hang-later", ""), |systemd| {
        stop(systemd);
        assert_ended(systemd, UNIT, "exit-code", "124");
        let journal = systemd.journal(UNIT);
        assert_readable(
            &journal,
            &["quick", "stuck", "flushed", "on-shutdown: stuck (tests/containers/src/bin/unit.rs:"],
            "finalize",
        );
        let extensions =
            systemd.messages(UNIT).iter().filter(|message| message.contains("EXTEND_TIMEOUT_USEC")).count();
        assert_eq!(extensions, 1, "{:#?}", systemd.messages(UNIT));
    });
}

#[test]
fn a_stop_of_its_own_silences_the_watchdog_and_is_carried_too() {
    with_unit(&unit("leave", "WatchdogSec=1"), |systemd| {
        // Longer than the watchdog waits, which is fed meanwhile.
        std::thread::sleep(Duration::from_secs(2));
        assert_eq!(systemd.show(UNIT, "SubState"), "running");
        systemd.run("touch /run/act");
        systemd.wait_for(UNIT, "SubState", |state| state == "stop-sigterm");
        systemd.wait_for(UNIT, "ActiveState", |state| state != "deactivating");
        assert_ended(systemd, UNIT, "success", "0");
        assert!(!systemd.notes(UNIT).iter().any(|line| line.contains("Watchdog timeout")));
        assert_eq!(count(&systemd.journal(UNIT), "shutdown report: request: the work is done"), 1);
    });
}

/// The control: this watchdog bites.
#[test]
fn a_service_that_falls_silent_while_it_works_is_ended_by_the_watchdog() {
    with_unit(&unit("fall-silent", "WatchdogSec=1"), |systemd| {
        systemd.run("touch /run/act");
        systemd.wait_for(UNIT, "ActiveState", |state| state == "failed");
        assert_eq!(systemd.show(UNIT, "Result"), "watchdog");
    });
}

#[test]
fn exit_code_143_is_a_failure_for_systemd_unless_the_unit_says_otherwise() {
    with_unit(&unit("signal_exit_code", ""), |systemd| {
        stop(systemd);
        assert_ended(systemd, UNIT, "exit-code", "143");
        systemd.start(UNIT, &unit("signal_exit_code", "SuccessExitStatus=143"));
        stop(systemd);
        assert_ended(systemd, UNIT, "success", "143");
    });
}

/// A client that needs no program but the shell: its answer goes to a file.
const REQUEST: &str = "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /order HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' >&3 && timeout 30 cat <&3 >/tmp/answer";

#[test]
fn the_example_finishes_its_request_under_stop_and_is_a_new_one_after_restart() {
    in_docker(|| {
        let systemd = Systemd::boot(&[Program::new("orders")])?;
        systemd.start(ORDERS, ORDERS_UNIT);
        assert_eq!(systemd.run(&format!("systemd-analyze verify /etc/systemd/system/{ORDERS} 2>&1")), "");
        let grace = "on-shutdown: 1 hook, on SIGTERM, SIGINT; grace period 30 s (from ON_SHUTDOWN_GRACE_PERIOD)";
        assert_eq!(count(&systemd.log(ORDERS), grace), 1);

        systemd.run(&format!("({REQUEST}) >/dev/null 2>&1 &"));
        systemd.wait_for(ORDERS, "ActiveState", |_| systemd.log(ORDERS).contains(&"order begun".to_owned()));
        systemd.run(&format!("systemctl restart {ORDERS}"));
        // `restart` returns when the new one is ready, and so after the end of the old one.
        let answer = systemd.run("cat /tmp/answer");
        assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("order done"), "{answer}");
        assert_eq!(systemd.show(ORDERS, "ActiveState"), "active");
        assert_eq!(count(&systemd.log(ORDERS), "listening on 127.0.0.1:8080"), 2);
        assert_readable(
            &systemd.log(ORDERS),
            &["orders flushed", "shutdown report: SIGTERM from pid 1, uid 0 (systemd); 1 completed"],
            "flush",
        );

        systemd.run(&format!("systemctl stop {ORDERS}"));
        assert_ended(&systemd, ORDERS, "success", "0");
        assert_eq!(systemd.show(ORDERS, "NRestarts"), "0");
        assert_eq!(count(&systemd.log(ORDERS), "shutdown report: SIGTERM from pid 1, uid 0 (systemd); 1 completed"), 2);
        Ok(())
    });
}
