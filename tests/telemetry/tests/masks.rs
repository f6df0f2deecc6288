//! Tests which signals the shutdown's threads block, and what threads and children of user code inherit.

use process::{Ended, Program, Signal};

/// The mask of a thread that blocks nothing.
const NOTHING: &str = "0000000000000000";

fn stop(program: Program) -> Ended {
    let mut running = program.start();
    running.signal(Signal::SIGTERM);
    let ended = running.wait();
    ended.assert_code(0).assert_out("stops ran").assert_out("closes ran");
    ended
}

fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_masks"))
}

/// Returns the masks of the threads with this name. Linux cuts names to 15 bytes.
fn masks_of(ended: &Ended, when: &str, name: &str) -> Vec<u64> {
    let start = format!("{when}: task {name:.15} blocks ");
    let masks = ended.out.iter().filter_map(|line| line.strip_prefix(&start));
    masks.map(|mask| u64::from_str_radix(mask, 16).expect("a mask")).collect()
}

fn bit(signal: Signal) -> u64 {
    1 << (signal as i32 - 1)
}

#[test]
fn spec_3_20_what_a_subscriber_a_recorder_or_a_hook_starts_blocks_no_signal() {
    let ended = stop(program());
    for place in ["subscriber", "recorder", "hook"] {
        ended.assert_out(&format!("{place}: itself {NOTHING} thread {NOTHING} child {NOTHING}"));
    }
}

#[test]
fn spec_3_20_a_mask_of_the_programs_own_is_the_mask_of_what_they_start() {
    let usr1 = format!("{:016x}", bit(Signal::SIGUSR1));
    let ended = stop(program().env("BLOCKS", "before"));
    for place in ["subscriber", "recorder", "hook"] {
        ended.assert_out(&format!("{place}: itself {usr1} thread {usr1} child {usr1}"));
    }
}

#[test]
fn spec_3_18_no_thread_of_the_shutdown_blocks_the_signals_that_it_handles_or_that_tell_of_a_crash() {
    let ended = stop(program());
    let never = [Signal::SIGTERM, Signal::SIGINT, Signal::SIGSEGV, Signal::SIGBUS, Signal::SIGABRT, Signal::SIGVTALRM];
    for (when, name) in [
        ("idle", "shutdown"),
        ("idle", "shutdown-telemetry"),
        ("hook", "shutdown"),
        ("hook", "shutdown-watch"),
        ("hook", "shutdown-telemetry"),
    ] {
        let masks = masks_of(&ended, when, name);
        assert_eq!(masks.len(), 1, "{when} {name}: {ended}");
        for signal in never {
            assert!(masks.iter().all(|mask| mask & bit(signal) == 0), "{when}: {name} blocks {signal}: {ended}");
        }
    }
}

#[test]
fn spec_3_18_a_signal_that_the_program_blocks_after_the_install_goes_to_no_thread_of_the_shutdown() {
    let ended = stop(program().env("BLOCKS", "after"));
    for name in ["shutdown", "shutdown-watch", "shutdown-telemetry"] {
        let masks = masks_of(&ended, "idle", name);
        assert!(matches!(masks[..], [mask] if mask & bit(Signal::SIGUSR1) != 0), "{name}: {ended}");
    }
}
