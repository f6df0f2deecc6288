//! Tests that each of many hooks that hang on one dead server has its diagnosis, in its line and in the report.

use std::net::TcpListener;

use process::{Ended, Program, Signal, on_a_machine_that_keeps_time};

/// Stops a program whose hooks hang on a server that listens and never answers. Returns the text for its connections, too.
fn hang_on_silent_server(kind: &str, hooks: usize) -> (Ended, String) {
    // The kernel completes the connections. It has room for 128.
    let server = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = server.local_addr().expect("its address").to_string();
    let program = Program::new(env!("CARGO_BIN_EXE_silent_server")).arg(&address).arg(kind).arg(hooks.to_string());
    let mut running = program.start();
    running.signal(Signal::SIGTERM);
    (running.wait(), format!("a TCP connection to {address}"))
}

/// Expects one of the texts in the line of each hook's timeout, and in its line of the report.
#[track_caller]
fn assert_diagnosed(ended: &Ended, hooks: usize, texts: &[&str]) {
    let lines = |number: usize| {
        let name = format!("query_{number} ");
        let named = ended.err.iter().filter(|line| line.contains(&name));
        named.filter(|line| texts.iter().any(|text| line.contains(text))).count()
    };
    let missing: Vec<usize> = (0..hooks).filter(|number| lines(*number) != 2).collect();
    assert!(missing.is_empty(), "without diagnosis: {missing:?}\n{ended}");
    ended.assert_code(124);
}

#[test]
fn spec_3_23_each_of_ten_hooks_that_hang_on_one_server_has_its_diagnosis() {
    for kind in ["sync", "async"] {
        let (ended, connection) = on_a_machine_that_keeps_time(|| hang_on_silent_server(kind, 10));
        assert_diagnosed(&ended, 10, &[&connection]);
    }
}

/// More than one look inspects. A machine that is too busy for all of them says so.
#[test]
fn spec_3_23_each_of_a_hundred_hooks_has_its_diagnosis_or_the_reason_why_not() {
    let (ended, connection) = hang_on_silent_server("sync", 100);
    let reason = "not inspected, because the inspection of other hooks took too long";
    assert_diagnosed(&ended, 100, &[&connection, reason]);
}
