//! Tests that sync hooks have a tokio context, as `main` has.

use process::{Ended, Program};

fn ends(main: &str) -> Ended {
    Program::new(env!("CARGO_BIN_EXE_tokio_context")).arg(main).run()
}

#[test]
fn spec_3_28_a_sync_hook_runs_in_the_context_of_the_programs_runtime() {
    for main in ["multi-thread", "current-thread", "installs-inside"] {
        let ended = ends(main);
        ended.assert_code(0).assert_order(&["waited", "released"]).assert_err("2 completed");
    }
}

#[test]
fn spec_3_28_what_a_sync_hook_spawns_without_a_runtime_of_the_program_is_waited_for_or_reported() {
    let ended = ends("sync-main");
    ended.assert_code(0).assert_order(&["no timer", "released"]).assert_err("left 1 task unfinished");
}
