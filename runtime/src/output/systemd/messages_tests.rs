//! Tests the texts and times without a socket.

use std::borrow::Cow;
use std::sync::Arc;

use super::*;
use crate::hook::{Body, HookRecord, HookRef, OnceBody};

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn hook(name: &str) -> HookRef {
    HookRef::Registered(Arc::new(HookRecord {
        name: Cow::Owned(name.to_owned()),
        module: "",
        file: "words.rs",
        line: 1,
        package: "",
        version: "",
        phase: Phase::Stop,
        priority: 0,
        timeout: DEFAULT_TIMEOUT,
        timeout_is_default: false,
        after: &[],
        body: Body::SyncOnce(OnceBody::new(|_| Ok(()))),
    }))
}

fn progress_in(phase: Phase, hooks: &[&str], in_flight: usize) -> Progress {
    let hooks = hooks.iter().map(|name| hook(name)).collect();
    Progress { now: secs(10), phase, hooks, in_flight, is_serving: false, count: 1, until: secs(12) }
}

#[test]
fn the_status_says_what_is_waited_for() {
    let status =
        |phase, hooks: &[&str], in_flight| waiting_status(&progress_in(phase, hooks, in_flight)).unwrap_or_default();
    assert_eq!(status(Phase::Drain, &[], 3), "drain: waiting for 3 in flight");
    assert_eq!(status(Phase::Drain, &["hang_up"], 3), "drain: waiting for 3 in flight, hang_up");
    assert_eq!(status(Phase::Stop, &["a", "b", "c", "d", "e"], 0), "stop: waiting for a, b, c, 2 more");
    assert_eq!(status(Phase::Close, &[], 0), "");
    let mut serving = progress_in(Phase::Deregister, &[], 0);
    serving.is_serving = true;
    assert_eq!(waiting_status(&serving).as_deref(), Some("deregister: serving until the drain delay is over"));
    serving.hooks.push(hook("leave"));
    let expected = "deregister: serving until the drain delay is over, waiting for leave";
    assert_eq!(waiting_status(&serving).as_deref(), Some(expected));
}

#[test]
fn a_phase_begins_with_the_number_of_its_hooks() {
    assert_eq!(phase_status(Phase::Drain, 0), "drain");
    assert_eq!(phase_status(Phase::Stop, 1), "stop: 1 hook");
    assert_eq!(phase_status(Phase::Stop, 2), "stop: 2 hooks");
}

/// With a line break, the name of a hook or the text of an error could contain a message of its own.
#[test]
fn no_text_can_become_a_message_of_its_own() {
    assert_eq!(one_line("a\nREADY=1\r\tb\u{0}"), "a READY=1  b");
    let long = one_line(&"ä".repeat(10_000));
    assert_eq!(long.chars().count(), MAX_STATUS_CHARS);
}

#[test]
fn systemd_is_asked_for_what_is_declared_and_more_but_never_for_more_than_the_grace_period() {
    let mut at_10 = progress_in(Phase::Stop, &[], 0);
    assert_eq!(extension(&at_10, secs(90)), secs(2 + 5));
    assert_eq!(extension(&at_10, secs(13)), secs(3));
    at_10.until = secs(3);
    assert_eq!(extension(&at_10, secs(90)), secs(5), "what is over is not counted");
    at_10.until = Duration::MAX;
    assert_eq!(extension(&at_10, secs(90)), secs(80));
    assert_eq!(extension(&at_10, secs(9)), Duration::ZERO);
}
