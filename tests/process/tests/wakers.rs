//! Tests what a program's wakers may do during its shutdown.

use process::{Ended, Program, Signal};

fn stop(behavior: &str) -> Ended {
    let mut program = Program::new(env!("CARGO_BIN_EXE_wakers")).arg(behavior).start();
    program.signal(Signal::SIGTERM);
    program.wait()
}

fn assert_clean(ended: &Ended) {
    ended.assert_code(0).assert_order(&["first", "hook", "last"]).assert_err("report: SIGTERM");
    ended.assert_out("healthy task 1").assert_out("healthy task 2");
}

#[test]
fn spec_3_15_a_waker_that_panics_affects_neither_hooks_nor_other_tasks() {
    assert_clean(&stop("panic"));
}

#[test]
fn spec_3_15_a_waker_that_blocks_affects_neither_hooks_nor_other_tasks() {
    assert_clean(&stop("block"));
}
