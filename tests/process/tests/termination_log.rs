//! Tests the termination log of Kubernetes, with a `/dev` of the test's own.
#![cfg(target_os = "linux")]

use process::{Ended, Program, in_mount_namespace};

/// Runs the program with an empty `/dev` that contains a termination log with one line, and prints the log afterwards.
const SCRIPT: &str = "mount -t tmpfs none /dev && echo before > /dev/termination-log || exit 99
\"$@\"
code=$?
while read -r line; do echo \"log: $line\"; done < /dev/termination-log
exit $code";

/// Runs `ends` in a mount namespace. Returns `None` if the machine does not allow that.
fn ends(how: &str) -> Option<Ended> {
    let words = [env!("CARGO_BIN_EXE_ends"), how];
    in_mount_namespace("mount -t tmpfs none /dev", SCRIPT, &words).map(|command| Program::of(command).run())
}

fn log(ended: &Ended) -> Vec<&str> {
    ended.out.iter().filter_map(|line| line.strip_prefix("log: ")).collect()
}

#[test]
fn spec_3_24_a_failure_is_one_line_in_the_termination_log() {
    let Some(ended) = ends("failed") else { return };
    ended.assert_code(1);
    let expected = "exit code 1: main failed: \"the disk is full\"; 2 completed in ";
    assert!(matches!(log(&ended)[..], ["before", line] if line.starts_with(expected)), "{ended}");
}

#[test]
fn spec_3_24_a_success_leaves_the_termination_log_alone() {
    let Some(ended) = ends("returned") else { return };
    assert_eq!(log(ended.assert_code(0)), ["before"], "{ended}");
}

#[test]
fn spec_3_24_a_forced_end_is_one_line_in_the_termination_log() {
    let Some(ended) = ends("forces-itself") else { return };
    ended.assert_code(130);
    assert!(matches!(log(&ended)[..], ["before", line] if line.starts_with("exit code 130: ")), "{ended}");
}
