//! Tests how a program ends by itself, and with which exit code.

use process::{Ended, Program, Signal};

fn ends(how: &str) -> Ended {
    Program::new(env!("CARGO_BIN_EXE_ends")).arg(how).run()
}

#[test]
fn spec_3_25_main_returned_is_a_clean_end() {
    for how in ["returned", "async-returned"] {
        ends(how).assert_code(0).assert_order(&["hook", "last"]).assert_err("report: main returned; 2 completed");
    }
}

#[test]
fn spec_3_25_main_failed_is_1_and_its_error_is_reported() {
    ends("failed").assert_code(1).assert_order(&["hook", "last"]).assert_err("main failed: \"the disk is full\"");
    ends("async-failed")
        .assert_code(1)
        .assert_order(&["hook", "last"])
        .assert_err("main failed: \"the port is taken\"");
}

#[test]
fn spec_3_24_the_headline_has_an_error_of_main_with_its_causes_and_the_report_has_all_of_it_once() {
    let ended = Program::new(env!("CARGO_BIN_EXE_ends")).arg("failed-with-causes").env("RUST_BACKTRACE", "1").run();
    let error = "main failed: starting http: bind failed: Address already in use (os error 98); ";
    ended.assert_code(1).assert_err(&format!("{error}2 hooks to run")).assert_err(&format!("{error}2 completed"));
    // The headline, and each line of the error, has a line of its own.
    let count = |text: &str| ended.err.iter().filter(|line| line.contains(text)).count();
    assert_eq!(count("main failed: "), 2, "{ended}");
    for line in ["  the error of main:", "    starting http", "    Caused by:", "        0: bind failed"] {
        assert_eq!(ended.err.iter().filter(|found| *found == line).count(), 1, "{line}\n{ended}");
    }
    assert_eq!(count("Stack backtrace:"), 1, "{ended}");
    assert!(ended.err.iter().all(|line| !line.contains(r"\n")), "{ended}");
}

#[test]
fn spec_3_25_main_panicked_is_101_and_its_message_is_reported() {
    ends("panicked").assert_code(101).assert_order(&["hook", "last"]).assert_err("main panicked: no such luck");
    let ended = ends("async-panicked");
    ended.assert_code(101).assert_order(&["hook", "last"]).assert_err("main panicked: a value that is not text");
}

#[test]
fn spec_3_25_the_programs_own_code_wins() {
    ends("code").assert_code(3).assert_order(&["hook", "last"]);
    for code in [1, 2, 254, 255] {
        let ended = Program::new(env!("CARGO_BIN_EXE_ends")).arg("code").arg(code.to_string()).run();
        ended.assert_code(code).assert_order(&["hook", "last"]);
    }
    ends("exit").assert_code(7).assert_order(&["hook", "last"]).assert_err("report: request: exit(7)");
    ends("exit-zero-after-failure").assert_code(0).assert_order(&["hook", "last"]);
}

#[test]
fn spec_3_9_a_request_runs_the_hooks_once_and_its_label_is_reported() {
    let ended = ends("request");
    ended.assert_code(0).assert_err("report: request: configuration changed; 2 completed");
    assert_eq!(ended.out, ["hook", "last"], "{ended}");
}

#[test]
fn spec_3_25_conventional_is_128_and_the_signal() {
    let mut program = Program::new(env!("CARGO_BIN_EXE_ends")).arg("signal_exit_code").start();
    program.signal(Signal::SIGTERM);
    program.wait().assert_code(143).assert_order(&["hook", "last"]);
}

#[test]
fn a_program_that_owns_its_main_installs_by_settings() {
    let ended = ends("settings");
    ended.assert_code(0).assert_out("no shutdown is installed: put `#[on_shutdown::main]` on `main`");
    ended.assert_out("shutdown plan: 2 hooks, grace period 25 s (set by the program)");
    assert!(!ended.out.iter().any(|line| line.contains("never seen")), "{ended}");
}

#[test]
fn spec_3_26_with_ending_return_the_program_goes_on_with_the_report() {
    let ended = ends("return");
    ended.assert_code(11).assert_order(&["hook", "last", "2 hooks, request: for the report", "again: 2"]);
}

#[test]
fn spec_3_26_with_exit_mode_return_the_program_may_work_past_the_deadline() {
    ends("return-past-the-deadline").assert_code(11).assert_order(&["2 hooks", "the program works on"]);
}

#[test]
fn spec_3_26_with_ending_return_one_more_signal_ends_the_program() {
    let mut program = Program::new(env!("CARGO_BIN_EXE_ends")).arg("return-and-hang").start();
    // Within a second, it would count as the same request.
    program.signal(Signal::SIGTERM);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert!(program.lives());
    program.signal(Signal::SIGTERM);
    program.wait().assert_code(143).assert_order(&["hook", "last", "2 hooks", "ready"]);
}

#[test]
fn spec_3_19_with_ending_return_a_signal_ends_the_program_also_while_a_hook_holds_the_first_thread() {
    let mut program = Program::new(env!("CARGO_BIN_EXE_ends")).arg("return-while-held").start();
    // Within a second of the trigger, it would count as the same request.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    program.signal(Signal::SIGTERM);
    program.wait().assert_code(143).assert_out("3 hooks").assert_err("timed out, abandoned");
}

#[test]
fn spec_3_15_with_exit_mode_return_a_waker_that_blocks_does_not_hold_the_others_that_wait_for_the_report() {
    let ended = Program::new(env!("CARGO_BIN_EXE_ends")).arg("return-behind-a-waker").run();
    ended.assert_code(11).assert_order(&["2 hooks", "the program works on"]);
}

#[test]
fn spec_3_19_a_repeated_signal_ends_the_program_also_while_its_exit_handlers_hang() {
    let mut program = Program::new(env!("CARGO_BIN_EXE_ends")).arg("atexit-hangs").start();
    std::thread::sleep(std::time::Duration::from_millis(1100));
    program.signal(Signal::SIGINT);
    program.err_line("SIGINT again");
    program.signal(Signal::SIGINT);
    program.wait().assert_code(130).assert_order(&["hook", "last", "ready"]);
}

#[test]
fn spec_3_25_a_code_that_the_last_hook_asks_for_counts() {
    for _ in 0..20 {
        ends("exit-in-the-last-hook").assert_code(3);
    }
}

#[test]
fn spec_3_25_a_code_that_a_hook_asks_for_after_main_returned_counts() {
    for how in ["exit-after-main-returned", "async-exit-after-main-returned"] {
        for hook in ["last", "middle"] {
            for _ in 0..20 {
                let ended = Program::new(env!("CARGO_BIN_EXE_ends")).arg(how).arg(hook).run();
                ended.assert_code(3).assert_err("report: main returned; 3 completed");
            }
        }
    }
}

#[test]
fn install_twice_is_an_error_and_a_failed_install_changes_nothing() {
    let ended = ends("twice");
    ended
        .assert_code(0)
        .assert_out("bad: a grace period of 1 ms (set by the program) cannot be used; write a duration between 100 ms");
    ended.assert_out("second: a shutdown is already installed").assert_order(&["hook", "last"]);
}

#[test]
fn spec_3_26_what_is_buffered_for_stdout_is_flushed_and_exit_handlers_run_only_if_asked_for() {
    let ended = ends("immediate");
    ended.assert_code(5).assert_out("no newline");
    assert!(!ended.out.iter().any(|line| line.contains("the destructor ran")), "{ended}");
    ends("atexit").assert_code(5).assert_out("no newline").assert_out("the destructor ran");
}

#[test]
fn spec_3_15_main_that_panics_with_a_payload_whose_drop_panics_runs_the_hooks() {
    for how in ["panicked-poison", "async-panicked-poison"] {
        let ended = ends(how);
        ended.assert_code(101).assert_order(&["hook", "last"]);
        ended.assert_err("report: main panicked: a value that is not text; 2 completed");
    }
}

#[test]
fn spec_3_15_main_whose_error_panics_in_debug_or_drop_has_failed_and_not_panicked() {
    let ended = ends("failed-debug-panics");
    ended.assert_code(1).assert_order(&["hook", "last"]);
    ended.assert_err("report: main failed: its error panicked in `Debug`: no words for it; 2 completed");
    let ended = ends("failed-drop-panics");
    ended.assert_code(1).assert_order(&["hook", "last"]);
    ended.assert_err("report: main failed: an error whose destructor panics; 2 completed");
}

#[test]
fn spec_3_25_with_ending_return_the_reports_code_is_the_code_of_main() {
    for how in ["return-sync", "return-current-thread", "return-multi-thread"] {
        ends(how).assert_code(0).assert_order(&["hook", "last"]);
        let program = Program::new(env!("CARGO_BIN_EXE_ends")).arg(how).arg("hook-fails");
        program.run().assert_code(70).assert_order(&["hook", "last"]);
        ends(&format!("{how}-failed")).assert_code(1).assert_order(&["hook", "last"]);
    }
}

#[test]
fn spec_3_14_with_ending_return_tasks_that_main_left_behind_do_not_keep_the_process() {
    ends("return-blocked-task").assert_code(0).assert_order(&["hook", "last"]);
}

#[test]
fn spec_3_25_a_system_that_refuses_the_install_is_71() {
    let ended = ends("refused-by-the-system");
    ended.assert_code(71).assert_err("the system refused the signal handlers: ");
    assert_eq!(ended.out, [""; 0], "{ended}");
}

/// Tries every number of descriptors from too few for the install to enough for the program.
#[test]
fn spec_3_25_a_system_that_refuses_the_async_runtime_of_main_is_71_and_the_hooks_run() {
    let mut refused = 0;
    for descriptors in 3..64 {
        let program = Program::new(env!("CARGO_BIN_EXE_ends")).arg("few-descriptors").arg(descriptors.to_string());
        let ended = program.run();
        if ended.code == Some(0) {
            assert!(refused > 0, "no number is enough for the install and too few for the runtime\n{ended}");
            return;
        }
        ended.assert_code(71).assert_err("on-shutdown: the system refused ");
        if ended.err.iter().any(|line| line.contains("the system refused the async runtime of `main`")) {
            ended.assert_order(&["hook", "last"]);
            refused += 1;
        }
    }
    panic!("63 descriptors are not enough");
}

#[test]
fn spec_3_24_the_error_of_a_hook_has_its_causes() {
    ends("hook-failed-with-causes").assert_code(70).assert_err("failed: writing orders: disk full (");
}

#[test]
fn spec_3_24_text_of_the_programs_breaks_no_line_of_stderr() {
    let ended = ends("control-characters");
    ended.assert_code(124);
    ended.assert_err(r"request: one\ntwo\u{1b}[2J; 5 hooks to run").assert_err(r"failed: one\ntwo\u{1b}[2J (");
    ended.assert_err(r"panicked: one\ntwo\u{1b}[2J (").assert_err(r"hangs_one\ntwo\u{1b}[2J (");
    let broken = |line: &&String| line.contains('\x1b') || line.starts_with("two");
    assert_eq!(ended.err.iter().filter(broken).count(), 0, "{ended}");
}

/// The tokio runtime of an async hook has one thread. A sync hook runs in the context of the program's runtime.
#[test]
fn spec_3_16_a_panic_of_tokio_says_what_to_write_in_a_hook() {
    let mut program = Program::new(env!("CARGO_BIN_EXE_tokio_calls")).start();
    program.signal(Signal::SIGTERM);
    let ended = program.wait();
    ended.assert_code(70).assert_out("7 and 8").assert_err("report: SIGTERM").assert_err("3 completed, 4 panicked");
    let in_report = |hook: &str, text: &str| {
        let line = ended.err.iter().rfind(|line| line.contains(&format!("  {hook} ")));
        assert!(line.is_some_and(|line| line.contains(text)), "{hook}: {text}\n{ended}");
    };
    for hook in ["blocks_in_place", "blocks_in_place_later"] {
        in_report(hook, "the multi-threaded runtime; a hook has its thread for itself: call the function without");
    }
    in_report("blocks_on_a_future", "on it; an async hook runs in a tokio runtime of its own: await the future, or");
    in_report("panics", "panicked: the disk is full (tests/process/src/bin/tokio_calls.rs:");
}

#[test]
fn a_panic_of_println_says_that_stdout_is_closed_and_what_to_write() {
    let mut command = std::process::Command::new("sh");
    // The reader ends after one line, as `tee` does at Ctrl-C.
    command.args(["-c", "\"$1\" | (read line; exit 0)", "sh", env!("CARGO_BIN_EXE_closed_stdout")]);
    let ended = Program::of(command).run();
    let advice = "stdout is closed, so `println!` panics: save before you print";
    ended.assert_err(advice).assert_err("1 completed, 1 panicked");
}
