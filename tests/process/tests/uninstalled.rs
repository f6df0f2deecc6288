//! Tests that a program that serves without an installed shutdown says so, once.

use process::{Ended, Program};

fn ended(order: &str) -> Ended {
    Program::new(env!("CARGO_BIN_EXE_uninstalled")).arg(order).run()
}

fn lines(ended: &Ended) -> usize {
    ended.err.iter().filter(|line| line.contains("no shutdown is installed")).count()
}

#[test]
fn the_first_serve_without_an_install_writes_one_line() {
    for order in ["never", "before"] {
        let ended = ended(order);
        ended.assert_code(0).assert_err(
            "on-shutdown: serve(\"http\") at tests/process/src/bin/uninstalled.rs:13: no shutdown is installed, so no signal \
             drains it, and no hook runs; put `#[on_shutdown::main]` on `main`, or call `Settings::new().install()` before",
        );
        assert_eq!(lines(&ended), 1, "{ended}");
    }
}

#[test]
fn work_in_flight_without_an_install_writes_no_line() {
    let ended = ended("work");
    ended.assert_code(0);
    assert_eq!(ended.err, [""; 0], "{ended}");
}

#[test]
fn a_serve_after_the_install_writes_no_line() {
    let ended = ended("after");
    ended.assert_code(0).assert_order(&["installed: false", "installed: true"]);
    assert_eq!(lines(&ended), 0, "{ended}");
}
