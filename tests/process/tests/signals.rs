//! What starts a shutdown from outside.

use process::{Program, Signal};

#[test]
fn spec_3_18_sigterm_and_sigint_run_the_hooks() {
    for (signal, name) in [(Signal::SIGTERM, "SIGTERM"), (Signal::SIGINT, "SIGINT")] {
        let mut program = Program::new(env!("CARGO_BIN_EXE_idle")).start();
        program.signal(signal);
        program.wait().assert_code(0).assert_order(&["ready", "hook"]).assert_err(&format!("report: {name} from pid"));
    }
}
