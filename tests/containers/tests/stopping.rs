//! Tests how a platform stops a program: which signal, how often, with how much time, and what SIGKILL would have cost.

use std::thread;

use containers::{Ended, Program, Recipe, Run, in_docker};

const SERVICE: Program = Program::new("service");
const PLAIN: Program = Program::new("plain");
const HOSTILE: Program = Program::new("hostile");

/// All hooks of `service` ran, each once.
fn assert_one_run(ended: &Ended) {
    let first_and_last = ["ready", "left the registry", "flushed the metrics"];
    ended.assert_code(0).assert_order(&first_and_last).assert_before(5).assert_said("; 6 completed in ");
}

/// The control of all other tests: what happens without a handler, with two seconds of grace instead of ten.
#[test]
fn without_a_handler_pid_1_is_killed_at_the_end_of_the_grace_period() {
    in_docker(|| {
        let image = Recipe::scratch(PLAIN).build()?;
        let container = Run::new().ready(&image);
        container.stop_within(2).wait().assert_code(137).assert_not_before(2);
        Ok(())
    });
}

#[test]
fn without_a_handler_under_init_the_default_action_ends_it_at_once() {
    in_docker(|| {
        let image = Recipe::scratch(PLAIN).build()?;
        let container = Run::new().flag("--init").ready(&image);
        container.stop().wait().assert_code(143).assert_before(5);
        Ok(())
    });
}

#[test]
fn a_program_that_is_deaf_to_signals_is_killed_at_the_end_of_the_grace_period() {
    in_docker(|| {
        let image = Recipe::scratch(PLAIN).build()?;
        let container = Run::new().flag("--init").command(&["/plain", "deaf"]).ready(&image);
        container.stop_within(2).wait().assert_code(137).assert_not_before(2);
        Ok(())
    });
}

fn stop_by_signal(stop_signal: &str, shown: &str) {
    in_docker(|| {
        let image = Recipe::scratch(Program::new("worker")).line(&format!("STOPSIGNAL {stop_signal}")).build()?;
        let ended = Run::new().ready(&image).stop().wait();
        ended.assert_code(0).assert_before(5);
        ended.assert_order(&["ready", "left the queue", "flushed the results"]);
        ended.assert_said(&format!("report: {shown} from outside the container; 3 completed"));
        Ok(())
    });
}

#[test]
fn spec_3_18_stopsignal_sigquit_starts_the_shutdown_of_a_program_that_asked_for_it() {
    stop_by_signal("SIGQUIT", "SIGQUIT");
}

#[test]
fn spec_3_18_stopsignal_sigrtmin_3_starts_the_shutdown_of_a_program_that_asked_for_it() {
    stop_by_signal("SIGRTMIN+3", "signal 37");
}

/// The control: without the setting the signal does nothing to PID 1.
#[test]
fn spec_3_18_a_stopsignal_that_the_program_did_not_ask_for_stops_nothing() {
    in_docker(|| {
        let image = Recipe::scratch(SERVICE).line("STOPSIGNAL SIGQUIT").build()?;
        let ended = Run::new().ready(&image).stop_within(2).wait();
        ended.assert_code(137).assert_not_before(2).assert_silent("left the registry");
        Ok(())
    });
}

/// Docker's `-t 5`, and the same time in the program's settings: the hook is cut off, the others run, and docker sends
/// no SIGKILL.
fn stop_hostile(mode: &str) {
    in_docker(|| {
        let image = Recipe::scratch(HOSTILE).build()?;
        let container = Run::new().env("HOSTILE", mode).env("ON_SHUTDOWN_GRACE_PERIOD", "5s").ready(&image);
        let ended = container.stop_within(5).wait();
        ended.assert_code(124).assert_order(&["ready", "misbehaving", "closed the pool", "flushed the metrics"]);
        ended.assert_said("2 completed, 1 timed out in ");
        ended.assert_said("timed out, abandoned with its thread (tests/containers/src/bin/hostile.rs:");
        Ok(())
    });
}

#[test]
fn spec_3_14_a_hook_that_hangs_for_ever_is_cut_off_and_named_before_sigkill() {
    stop_hostile("hang");
}

#[test]
fn spec_3_14_a_hook_that_spins_for_ever_is_cut_off_and_named_before_sigkill() {
    stop_hostile("spin");
}

#[test]
fn spec_3_14_every_hook_hangs_and_the_process_still_ends_before_sigkill() {
    in_docker(|| {
        let image = Recipe::scratch(HOSTILE).build()?;
        let run = Run::new().env("HOSTILE", "hang everywhere").env("ON_SHUTDOWN_GRACE_PERIOD", "4s");
        let ended = run.ready(&image).stop_within(4).wait();
        ended.assert_code(124).assert_order(&["misbehaving", "closed the pool", "flushed the metrics"]);
        Ok(())
    });
}

/// The control: with a grace period that is longer than the platform's, docker kills it.
#[test]
fn spec_3_14_a_wrong_grace_period_ends_in_sigkill() {
    in_docker(|| {
        let image = Recipe::scratch(HOSTILE).build()?;
        let container = Run::new().env("HOSTILE", "hang").env("ON_SHUTDOWN_GRACE_PERIOD", "60s").ready(&image);
        let ended = container.stop_within(2).wait();
        ended.assert_code(137).assert_said("misbehaving").assert_silent("flushed the metrics");
        Ok(())
    });
}

#[test]
fn spec_3_14_a_thread_that_a_hook_leaves_behind_does_not_keep_the_process() {
    in_docker(|| {
        let image = Recipe::scratch(HOSTILE).build()?;
        let ended = Run::new().env("HOSTILE", "thread").ready(&image).stop().wait();
        ended.assert_code(0).assert_before(5);
        ended.assert_order(&["ready", "misbehaving", "closed the pool", "flushed the metrics"]);
        Ok(())
    });
}

#[test]
fn spec_3_9_two_docker_stops_at_the_same_time_are_one_shutdown() {
    in_docker(|| {
        let image = Recipe::scratch(SERVICE).build()?;
        let container = Run::new().ready(&image);
        thread::scope(|scope| {
            scope.spawn(|| container.stop());
            scope.spawn(|| container.stop());
        });
        assert_one_run(&container.wait());
        Ok(())
    });
}

#[test]
fn spec_3_19_docker_kill_term_and_then_docker_stop_are_one_shutdown() {
    in_docker(|| {
        let image = Recipe::scratch(SERVICE).build()?;
        let container = Run::new().ready(&image);
        assert_one_run(&container.kill("TERM").stop().wait());
        Ok(())
    });
}

/// It passes both signals on to the program, and to all that the program started.
#[test]
fn spec_3_19_two_signals_through_dumb_init_are_one_shutdown() {
    in_docker(|| {
        let image = Recipe::scratch(SERVICE).debian("dumb-init", "/usr/bin/dumb-init").build()?;
        let container = Run::new().command(&["/usr/bin/dumb-init", "/service"]).ready(&image);
        assert_one_run(&container.kill("TERM").stop().wait());
        Ok(())
    });
}
