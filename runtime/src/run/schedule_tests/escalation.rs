//! Tests signals and requests during a shutdown, and hooks that are registered late.

use super::*;
use crate::hook::registry::RemovedBy;

#[test]
fn spec_3_9_the_first_trigger_is_the_reason() {
    let report = Harness::of(&[FakeHook { takes: ms(4000), ..HOOK }], ms(10_000))
        .input(ms(100), Input::Message(Message::Trigger(Trigger::Request { label: "again".to_owned() })))
        .input(ms(200), Input::Message(Message::Trigger(Trigger::MainPanicked { message: "oh".to_owned() })))
        .input(ms(300), Input::Message(Message::Exit(9)))
        .play();
    assert_eq!(report.trigger, Trigger::Signal { signal: Signal::SIGTERM, sender: None });
    assert_eq!(report.hooks.len(), 1);
    // The program's first request for its exit decides.
    assert_eq!(report.program_exit, Some(crate::report::ProgramExit::MainPanicked));
}

#[test]
fn spec_3_19_a_repeat_within_a_second_changes_nothing() {
    let harness = Harness::of(&[FakeHook { takes: ms(4000), ..HOOK }], ms(10_000));
    let harness = (0..50).fold(harness, |harness, at| harness.signal(ms(at * 20), Signal::SIGTERM)).play_to_end();
    assert!(harness.escalated().is_empty());
    assert_eq!(outcome_lines(&harness.report()), ["h0 0-4000 completed"]);
}

#[test]
fn spec_3_19_the_second_sigint_is_fast_and_the_third_is_immediate() {
    let hooks = [
        FakeHook { behavior: Behavior::Awaits, ..HOOK },
        FakeHook { phase: Phase::Close, behavior: Behavior::Awaits, ..HOOK },
    ];
    let harness = Harness::of(&hooks, ms(20_000)).signal(ms(2000), Signal::SIGINT).play_to_end();
    assert!(matches!(*harness.escalated(), [Event::FastShutdown(Signal::SIGINT)]));
    let expected = ["h0 0-3000 timed out, cancelled", "h1 3000-4000 timed out, cancelled"];
    assert_eq!(outcome_lines(&harness.report()), expected);

    let harness = Harness::of(&hooks, ms(20_000)).signal(ms(2000), Signal::SIGINT).signal(ms(2500), Signal::SIGINT);
    let report = harness.play();
    assert_eq!((report.forced, report.duration), (Some(Signal::SIGINT), ms(2500)));
}

#[test]
fn spec_3_19_a_third_sigint_while_the_report_is_written_changes_no_time() {
    let plan = Harness::of(&[], ms(20_000)).plan;
    let mut driver = Driver::new(ShutdownState::new(plan, Arc::new(SimulatedWork::default()), false));
    let trigger = driver.begin(Message::Trigger(Trigger::Signal { signal: Signal::SIGINT, sender: None }));
    assert!(driver.state().is_over(), "there are no hooks");
    for at in [2000, 3000] {
        driver.receive(ms(at), Message::Trigger(Trigger::Signal { signal: Signal::SIGINT, sender: None }));
    }
    let report = driver.state().report(&trigger, ms(3000));
    assert_eq!((report.forced, report.duration), (Some(Signal::SIGINT), Duration::ZERO));
}

#[test]
fn spec_3_19_a_fast_shutdown_ends_the_delay_and_the_waiting_for_work() {
    let harness = Harness::new(vec![HOOK], &[], ms(60_000), ms(20_000)).signal(ms(5000), Signal::SIGINT);
    let harness = harness.work(Duration::ZERO, Duration::MAX).play_to_end();
    assert_eq!(harness.draining_at(), Some(ms(5000)));
    assert_eq!(outcome_lines(&harness.report()), ["h0 5000-5010 completed"]);

    let harness = Harness::new(vec![HOOK], &[], ms(60_000), ms(1000)).signal(ms(5000), Signal::SIGINT);
    let report = harness.work(Duration::ZERO, Duration::MAX).play();
    assert_eq!(outcome_lines(&report), ["h0 5000-5010 completed"]);
    assert_eq!(report.in_flight.len(), 1);
}

#[test]
fn spec_3_19_repeated_sigterm_is_recorded_and_ignored() {
    let harness = Harness::of(&[FakeHook { takes: ms(4000), ..HOOK }], ms(10_000)).signal(ms(1500), Signal::SIGTERM);
    let harness = harness.signal(ms(2000), Signal::SIGTERM).play_to_end();
    assert_eq!(harness.escalated().len(), 2);
    assert_eq!(outcome_lines(&harness.report()), ["h0 0-4000 completed"]);
}

/// A shutdown in which one hook of phase `stop` runs.
fn stopping() -> Played {
    let mut harness = Harness::of(&[FakeHook { takes: ms(4000), ..HOOK }], ms(20_000));
    harness.first = Message::Trigger(Trigger::MainReturned);
    harness.begin()
}

#[test]
fn spec_3_3_a_hook_registered_during_the_shutdown_runs_unless_its_phase_has_passed() {
    let mut played = stopping();
    assert!(played.register(FakeHook { phase: Phase::Drain, ..HOOK }, &[]).is_err());
    assert!(played.register(FakeHook { phase: Phase::Close, ..HOOK }, &[]).is_ok());
    // The group of the hook has ended, but its phase has not. The hook joins the group that runs.
    assert!(played.register(FakeHook { priority: 100, ..HOOK }, &[]).is_ok());
    assert!(played.register(FakeHook { priority: -1, ..HOOK }, &[]).is_ok());
    let expected = ["h2 0-10 completed", "h0 0-4000 completed", "h3 4000-4010 completed", "h1 4010-4020 completed"];
    assert_eq!(played.finish(), expected);
}

#[test]
fn spec_3_3_a_hook_that_is_removed_does_not_run_and_is_not_waited_for() {
    let mut played = stopping();
    let Ok(first) = played.register(FakeHook { phase: Phase::Close, takes: ms(500), ..HOOK }, &[]) else {
        panic!("too late")
    };
    assert!(played.register(FakeHook { phase: Phase::Close, ..HOOK }, std::slice::from_ref(&first)).is_ok());
    assert!(played.simulation.remove(&first, RemovedBy::Program));
    assert!(!played.simulation.remove(&first, RemovedBy::Program), "it is gone");
    assert_eq!(played.finish(), ["h0 0-4000 completed", "h2 4000-4010 completed"]);
}

#[test]
fn spec_3_3_a_guard_that_drops_during_the_shutdown_leaves_a_skipped_hook_and_holds_up_no_other() {
    let skipped = "h1 skipped: its guard was dropped during the shutdown";
    // The first hook waits in the group that runs, and the second one in a group that is to come.
    for (phase, follower) in [(Phase::Stop, "h2 0-10 completed"), (Phase::Close, "h2 4000-4010 completed")] {
        let mut played = stopping();
        let first = played.refs.clone();
        let Ok(guarded) = played.register(FakeHook { phase, takes: ms(500), ..HOOK }, &first) else {
            panic!("too late")
        };
        assert!(played.register(FakeHook { phase, ..HOOK }, std::slice::from_ref(&guarded)).is_ok());
        assert!(played.simulation.remove(&guarded, RemovedBy::Guard));
        assert!(!played.simulation.remove(&guarded, RemovedBy::Guard), "it is skipped already");
        assert_eq!(played.finish(), ["h0 0-4000 completed", skipped, follower]);
    }
}

#[test]
fn spec_3_3_a_guard_that_drops_after_its_hook_has_started_changes_nothing() {
    let mut played = stopping();
    let first = played.refs.clone();
    assert!(first.iter().all(|first| !played.simulation.remove(first, RemovedBy::Guard)));
    assert_eq!(played.finish(), ["h0 0-4000 completed"]);
}

#[test]
fn spec_3_15_a_hook_registered_after_one_that_was_skipped_because_of_an_abandoned_one_is_skipped() {
    let hooks = vec![FakeHook { behavior: Behavior::Blocks, timeout: ms(100), priority: 1, ..HOOK }, HOOK];
    let mut played = Harness::new(hooks, &[vec![], vec![0]], ms(60_000), Duration::ZERO)
        .input(ms(150), Input::Register(FakeHook { phase: Phase::Close, ..HOOK }, vec![1]))
        .input(ms(150), Input::Register(FakeHook { phase: Phase::Close, ..HOOK }, vec![2]));
    // Something must still run at that time.
    played.refs.push(HOOK.hook(99));
    played.refs.pop();
    let slow = FakeHook { takes: ms(500), ..HOOK };
    let played = played.input(Duration::ZERO, Input::Register(slow, vec![]));
    let skipped = "skipped: it is after h0, which was abandoned";
    let report = played.play();
    for name in ["h1", "h3"] {
        let outcome = report.hook(name).map(|hook| hook.outcome.to_string());
        assert_eq!(outcome.as_deref(), Some(skipped), "{name}\n{report}");
    }
}
