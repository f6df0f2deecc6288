//! Tests the promises on order and time, each by an example with its numbers.

use super::super::hook_future::CancelHandle;
use super::*;

const DEREGISTER: FakeHook = FakeHook { phase: Phase::Deregister, ..HOOK };
const DRAIN: FakeHook = FakeHook { phase: Phase::Drain, ..HOOK };
const FLUSH: FakeHook = FakeHook { phase: Phase::Flush, ..HOOK };

#[test]
fn spec_3_7_phases_then_priorities_and_equal_ones_together() {
    let hooks = [
        FakeHook { takes: ms(30), ..HOOK },
        FakeHook { takes: ms(50), ..HOOK },
        FakeHook { priority: 10, ..HOOK },
        FakeHook { priority: -1, ..HOOK },
        DEREGISTER,
        FakeHook { phase: Phase::Close, ..HOOK },
        FLUSH,
        DRAIN,
        FakeHook { phase: Phase::Finalize, ..HOOK },
    ];
    let expected = [
        "h4 0-10 completed",
        "h7 10-20 completed",
        "h2 20-30 completed",
        "h0 30-60 completed",
        "h1 30-80 completed",
        "h3 80-90 completed",
        "h6 90-100 completed",
        "h5 100-110 completed",
        "h8 110-120 completed",
    ];
    assert_eq!(outcome_lines(&Harness::of(&hooks, ms(10_000)).play()), expected);
}

#[test]
fn spec_3_7_after_waits_inside_a_group_and_nothing_else_does() {
    let hooks = vec![FakeHook { takes: ms(40), ..HOOK }, FakeHook { takes: ms(5), ..HOOK }, HOOK, HOOK];
    let harness = Harness::new(hooks, &[vec![], vec![], vec![0], vec![1]], ms(10_000), Duration::ZERO);
    let expected = ["h0 0-40 completed", "h1 0-5 completed", "h2 40-50 completed", "h3 5-15 completed"];
    assert_eq!(outcome_lines(&harness.play()), expected);
}

#[test]
fn spec_3_8_the_delay_passes_during_the_deregister_hooks_and_before_all_others() {
    let harness = Harness::new(vec![DEREGISTER, DRAIN, HOOK], &[], ms(10_000), ms(3000)).play_to_end();
    assert_eq!(harness.draining_at(), Some(ms(3000)));
    let expected = ["h0 0-10 completed", "h1 3000-3010 completed", "h2 3010-3020 completed"];
    assert_eq!(outcome_lines(&harness.report()), expected);
}

#[test]
fn spec_3_8_a_slow_deregister_hook_holds_draining_back() {
    let slow = FakeHook { takes: ms(4000), ..DEREGISTER };
    let harness = Harness::new(vec![slow, DRAIN], &[], ms(30_000), ms(3000)).play_to_end();
    assert_eq!(harness.draining_at(), Some(ms(4000)));
}

#[test]
fn spec_3_8_sigint_skips_the_drain_delay() {
    let harness = Harness::new(vec![DEREGISTER, DRAIN], &[], ms(10_000), ms(3000)).signal(ms(500), Signal::SIGINT);
    let harness = harness.play_to_end();
    assert_eq!(harness.draining_at(), Some(ms(500)));
}

#[test]
fn spec_3_8_the_end_of_main_skips_the_drain_delay_and_a_request_does_not() {
    let failed = Trigger::MainFailed { error: "no".to_owned(), details: String::new() };
    for (first, draining_at) in [
        (Message::Trigger(Trigger::MainReturned), 0),
        (Message::Trigger(failed), 0),
        (Message::Trigger(Trigger::MainPanicked { message: "no".to_owned() }), 0),
        (Message::Trigger(Trigger::Signal { signal: Signal::SIGINT, sender: None }), 0),
        (Message::Trigger(Trigger::Request { label: "enough".to_owned() }), 3000),
        (Message::Exit(7), 3000),
    ] {
        let text = format!("{first:?}");
        let harness = Harness { first, ..Harness::new(vec![DRAIN], &[], ms(10_000), ms(3000)) };
        assert_eq!(harness.play_to_end().draining_at(), Some(ms(draining_at)), "{text}");
    }
}

#[test]
fn spec_3_8_the_drain_phase_ends_when_nothing_is_in_flight() {
    let harness = Harness::new(vec![DRAIN, HOOK], &[], ms(10_000), Duration::ZERO).work(Duration::ZERO, ms(2000));
    let report = harness.play();
    assert_eq!(outcome_lines(&report), ["h0 0-10 completed", "h1 2000-2010 completed"]);
    assert_eq!(report.in_flight, []);
}

#[test]
fn spec_3_8_work_that_never_ends_is_cut_off_with_time_left_for_all_others() {
    let harness = Harness::new(vec![HOOK, FLUSH], &[], ms(10_000), Duration::ZERO).work(Duration::ZERO, Duration::MAX);
    let report = harness.play();
    // 8.3 s are usable. One of them is kept for `flush`, and 5 s are declared. The work gets the larger half.
    assert_eq!(outcome_lines(&report), ["h0 3650-3660 completed", "h1 3660-3670 completed"]);
    assert_eq!(report.in_flight.len(), 1);
}

#[test]
fn spec_3_8_work_in_flight_has_the_time_that_later_hooks_are_not_promised() {
    let close = FakeHook { phase: Phase::Close, timeout: ms(4000), takes: ms(60), ..HOOK };
    let report = Harness::of(&[close, FLUSH], ms(20_000)).work(Duration::ZERO, Duration::MAX).play();
    // 16.8 s are usable. 1.7 s of them are kept for `flush` and later, whose 9 s exceed them by 7.3 s.
    assert_eq!(outcome_lines(&report), ["h1 7800-7810 completed", "h0 7810-7870 completed"]);
    let cut_off = report.cut_off.map(|cut_off| cut_off.to_string()).unwrap_or_default();
    assert_eq!(cut_off, "work in flight was waited for until +7.8 s; the rest was kept for h1 (5 s), h0 (4 s)");
}

#[test]
fn spec_3_8_work_in_flight_has_the_minimum_drain_time_whatever_later_hooks_ask_for() {
    let hooks = [DRAIN, FakeHook { timeout: ms(7000), takes: ms(60), ..HOOK }, FakeHook { timeout: ms(1000), ..FLUSH }];
    let with = |least: u64, delay: u64| {
        let mut harness = Harness::new(hooks.to_vec(), &[], ms(10_000), ms(delay)).work(Duration::ZERO, Duration::MAX);
        harness.plan = harness.plan.with_min_drain_time(ms(least));
        harness
    };
    let cut_off_at = |harness: Harness| harness.play().cut_off.map(|cut_off| cut_off.at.as_millis());
    // Half of the 7.29 s that are left when the drain hook has ended.
    assert_eq!(cut_off_at(with(0, 0)), Some(3655));
    assert_eq!(cut_off_at(with(3000, 0)), Some(3655));
    assert_eq!(cut_off_at(with(6000, 0)), Some(6000), "from the beginning of draining, with its hooks");
    assert_eq!(cut_off_at(with(5000, 1000)), Some(6000), "the drain delay comes before");
    assert_eq!(cut_off_at(with(6000, 0).signal(ms(2000), Signal::SIGINT)), Some(2000), "a person need not wait");
    let report = with(6000, 0).play();
    assert!(report.hooks.iter().all(|hook| hook.outcome == Outcome::Completed), "{report}");
    // Work that ends earlier ends the phase.
    let mut early = with(6000, 0);
    early = early.input(ms(100), Input::InFlight(0));
    assert!(early.play().duration < ms(200));
}

#[test]
fn spec_3_8_work_in_flight_has_the_maximum_drain_time_and_no_more() {
    let drain = FakeHook { takes: ms(3000), timeout: ms(4000), ..DRAIN };
    let with = |hooks: &[FakeHook], most: u64, delay: u64| {
        let mut harness = Harness::new(hooks.to_vec(), &[], ms(20_000), ms(delay)).work(Duration::ZERO, Duration::MAX);
        harness.plan = harness.plan.with_max_drain_time(Some(ms(most)));
        harness
    };
    let cut_off = |harness: Harness| harness.play().cut_off.map(|cut_off| cut_off.to_string()).unwrap_or_default();
    let over =
        |at: &str| format!("work in flight was waited for until +{at}, as the maximum drain time of 2 s was over");
    assert_eq!(cut_off(with(&[HOOK], 2000, 0)), over("2 s"));
    assert_eq!(cut_off(with(&[HOOK], 2000, 1500)), over("3.5 s"), "the drain delay comes before");
    assert_eq!(cut_off(with(&[drain, HOOK], 2000, 0)), over("3 s"), "the hooks of the phase keep their timeouts");
    let report = with(&[drain, HOOK, FLUSH], 2000, 0).play();
    assert!(report.hooks.iter().all(|hook| hook.outcome == Outcome::Completed), "{report}");
    assert_eq!(report.in_flight.len(), 1);
    // Another limit comes first.
    let kept = "work in flight was waited for until +11.8 s; the rest was kept for h0 (5 s)";
    assert_eq!(cut_off(with(&[HOOK], 15_000, 0)), kept);
    // A person need not wait, and is the reason then.
    let fast = cut_off(with(&[HOOK], 2000, 0).signal(ms(1000), Signal::SIGINT).signal(ms(1100), Signal::SIGINT));
    assert!(!fast.contains("maximum"), "{fast}");
    // Work that ends earlier ends the phase.
    assert!(with(&[HOOK], 2000, 0).input(ms(100), Input::InFlight(0)).play().duration < ms(200));
}

/// The time for work in flight comes after the `deregister` hooks, which must leave it.
#[test]
fn spec_3_8_hooks_before_draining_leave_the_minimum_drain_time() {
    let hung = FakeHook { behavior: Behavior::Awaits, timeout: ms(60_000), ..DEREGISTER };
    let mut harness = Harness::of(&[hung], ms(10_000)).work(Duration::ZERO, ms(7000));
    harness.plan = harness.plan.with_min_drain_time(ms(6000));
    let report = harness.play();
    assert_eq!(report.in_flight, [], "{report}");
}

#[test]
fn spec_3_11_flush_runs_even_when_all_before_it_overran() {
    let hung = FakeHook { behavior: Behavior::Blocks, timeout: ms(60_000), ..HOOK };
    let report = Harness::of(&[hung, hung, FLUSH], ms(10_000)).play();
    let expected = [
        "h0 0-4927 timed out, abandoned with its thread",
        "h1 0-4927 timed out, abandoned with its thread",
        "h2 4927-4937 completed",
    ];
    assert_eq!(outcome_lines(&report), expected);
    assert_eq!(report.abandoned_threads(), 2);
}

#[test]
fn spec_3_12_time_is_shared_in_proportion_and_unused_time_flows_on() {
    let group =
        |priority: i32, seconds: u64, behavior| FakeHook { priority, timeout: ms(1000 * seconds), behavior, ..HOOK };
    let hung = [group(3, 3, Behavior::Awaits), group(2, 6, Behavior::Awaits), group(1, 3, Behavior::Awaits)];
    // 8.3 s for 12 s: each hook gets a bit more than two thirds of its timeout, less 100 ms in which its future is
    // dropped.
    let expected =
        ["h0 0-1975 timed out, cancelled", "h1 1975-6092 timed out, cancelled", "h2 6092-8200 timed out, cancelled"];
    assert_eq!(outcome_lines(&Harness::of(&hung, ms(10_000)).play()), expected);
    let [_, second, third] = hung;
    let quick = Harness::of(&[group(3, 3, Behavior::Completes), second, third], ms(10_000)).play();
    assert_eq!(outcome_lines(&quick).get(1).map(String::as_str), Some("h1 10-5437 timed out, cancelled"));
}

#[test]
fn spec_3_14_nothing_runs_past_the_usable_time() {
    let endless = FakeHook { behavior: Behavior::BlocksInDrop, timeout: Duration::MAX, ..HOOK };
    let report = Harness::of(&[endless, endless, FLUSH], ms(2000)).play();
    // 1.6 s of budget less a twentieth.
    assert!(report.duration <= ms(1520), "{report}");
    assert!(report.hooks.iter().any(|hook| hook.name == "h2" && hook.outcome == Outcome::Completed), "{report}");
}

#[test]
fn spec_3_15_a_hook_delays_later_groups_by_no_more_than_its_timeout() {
    let bad = |behavior| FakeHook { behavior, timeout: ms(500), priority: 1, ..HOOK };
    for (behavior, from) in [
        (Behavior::Awaits, 500),
        (Behavior::Blocks, 500),
        (Behavior::BlocksInPoll, 510),
        (Behavior::BlocksInDrop, 750),
        (Behavior::Panics, 10),
    ] {
        let report = Harness::of(&[bad(behavior), HOOK], ms(10_000)).play();
        let healthy = report.hooks.last().and_then(|hook| hook.start);
        assert_eq!(healthy, Some(ms(from)), "{behavior:?}\n{report}");
    }
}

#[test]
fn spec_3_15_a_hook_after_an_abandoned_one_is_skipped_and_after_a_failed_one_it_runs() {
    let hooks = |behavior| {
        vec![FakeHook { behavior, timeout: ms(100), ..HOOK }, HOOK, FakeHook { phase: Phase::Close, ..HOOK }]
    };
    let play = |behavior| {
        outcome_lines(&Harness::new(hooks(behavior), &[vec![], vec![0], vec![1]], ms(60_000), Duration::ZERO).play())
    };
    let skipped = "skipped: it is after h0, which was abandoned";
    assert_eq!(play(Behavior::Blocks)[1..], [format!("h1 {skipped}"), format!("h2 {skipped}")]);
    assert_eq!(play(Behavior::Fails)[1..], ["h1 10-20 completed", "h2 20-30 completed"]);
    assert_eq!(play(Behavior::Awaits)[1..], ["h1 100-110 completed", "h2 110-120 completed"]);
}

/// Starts a hook with a timeout of 100 ms. Returns a look: what was due at the first time is handled at the second, and
/// the result is the number of hooks that still run.
fn looks_at_a_hook_of_100_ms() -> impl FnMut(u64, u64) -> usize {
    let hooks = [FakeHook { behavior: Behavior::BlocksInPoll, timeout: ms(100), ..HOOK }];
    let Harness { plan, first, .. } = Harness::of(&hooks, ms(10_000));
    let mut driver = Driver::new(ShutdownState::new(plan, Arc::new(SimulatedWork::default()), false));
    driver.begin(first);
    let Next::Run(task) = driver.next(Duration::ZERO) else { panic!("the hook is due") };
    assert_eq!(driver.restart_clock(task.id, Duration::ZERO), Some(ms(100)));
    move |due, now| {
        driver.expire(ms(due), ms(now));
        driver.state().running().count()
    }
}

/// Reading `/proc` between the two times may take long. The grace period of the cancellation counts from its request.
#[test]
fn spec_3_15_a_cancelled_future_has_its_grace_from_when_it_was_asked() {
    let mut running_after = looks_at_a_hook_of_100_ms();
    assert_eq!(running_after(90, 105), 1);
    assert_eq!(running_after(100, 106), 1, "what was due after the look began is for the next look, and is asked then");
    assert_eq!(running_after(115, 115), 1, "nine milliseconds after it was asked");
    assert_eq!(running_after(116, 116), 0);
}

/// Reading `/proc` may take long. The grace period of the cancellation counts from its request.
#[test]
fn spec_3_15_a_cancelled_future_has_its_whole_grace_after_a_long_look() {
    let mut running_after = looks_at_a_hook_of_100_ms();
    assert_eq!(running_after(100, 120), 1, "it is asked to end");
    assert_eq!(running_after(121, 121), 1, "a millisecond later it is not abandoned");
    assert_eq!(running_after(129, 129), 1);
    assert_eq!(running_after(130, 130), 0);
}

/// Otherwise the supervisor would see a poll that blocks only at the end of the longer grace period.
#[test]
fn spec_3_15_the_supervisor_looks_at_a_cancelled_future_before_its_longer_grace_ends() {
    let hooks = [FakeHook { behavior: Behavior::Awaits, timeout: ms(100), ..HOOK }];
    let Harness { plan, first, .. } = Harness::of(&hooks, ms(10_000));
    let mut driver = Driver::new(ShutdownState::new(plan, Arc::new(SimulatedWork::default()), false));
    driver.begin(first);
    let Next::Run(task) = driver.next(Duration::ZERO) else { panic!("the hook is due") };
    driver.restart_clock(task.id, Duration::ZERO);
    assert!(!driver.watch_future(task.id, Arc::new(CancelHandle::new(std::time::Instant::now()))));
    driver.expire(ms(100), ms(100));
    assert_eq!(driver.next_expiry(ms(100)), ms(110));
    assert_eq!(driver.next_expiry(ms(110)), ms(350));
}

/// Starts two hooks that block and have a timeout of 100 ms.
fn two_hooks_of_100_ms() -> (Driver, [crate::plan::Id; 2], Trigger) {
    let hooks = [FakeHook { behavior: Behavior::Blocks, timeout: ms(100), ..HOOK }; 2];
    let Harness { plan, first, .. } = Harness::of(&hooks, ms(10_000));
    let mut driver = Driver::new(ShutdownState::new(plan, Arc::new(SimulatedWork::default()), false));
    let trigger = driver.begin(first);
    let ids = [(); 2].map(|()| {
        let Next::Run(task) = driver.next(Duration::ZERO) else { panic!("the hook is due") };
        driver.restart_clock(task.id, Duration::ZERO);
        task.id
    });
    (driver, ids, trigger)
}

#[test]
fn spec_3_23_a_timeout_is_emitted_with_the_activity_of_its_hook() {
    let (mut driver, [first, second], trigger) = two_hooks_of_100_ms();
    driver.record_activity(first, None);
    driver.record_activity(second, Some("waiting in read".to_owned()));
    driver.expire(ms(100), ms(100));
    let emitted = driver.take_effects(ms(100)).1.into_iter().filter_map(|event| match event {
        Event::HookTimedOut { hook, after, activity } => Some((hook.name, after, activity)),
        _ => None,
    });
    let activity = Some("waiting in read".to_owned());
    let expected = [("h0".to_owned(), ms(100), None), ("h1".to_owned(), ms(100), activity.clone())];
    assert_eq!(emitted.collect::<Vec<_>>(), expected);
    let report = driver.state().report(&trigger, ms(100));
    assert_eq!(report.hooks.iter().map(|hook| hook.activity.clone()).collect::<Vec<_>>(), [None, activity]);
}

#[test]
fn spec_3_23_a_hook_that_one_look_has_not_inspected_waits_for_the_next() {
    let (mut driver, [first, second], _) = two_hooks_of_100_ms();
    let mut look = |at: u64, inspected| {
        driver.record_activity(inspected, None);
        let up_to = driver.expires_up_to(ms(at));
        driver.expire(up_to, ms(at));
        (up_to, driver.state().uninspected(ms(at)).collect::<Vec<_>>(), driver.state().running().count())
    };
    assert_eq!(look(100, first), (ms(100) - Duration::from_nanos(1), vec![second], 2), "both have the same limit");
    assert_eq!(look(101, second), (ms(101), vec![], 0));
}

#[test]
fn spec_3_23_a_hook_that_no_look_can_inspect_expires_and_the_report_says_why() {
    let (mut driver, [first, _], trigger) = two_hooks_of_100_ms();
    driver.record_activity(first, Some("waiting in read".to_owned()));
    let mut running_after = |at| {
        let up_to = driver.expires_up_to(ms(at));
        driver.expire(up_to, ms(at));
        driver.state().running().count()
    };
    assert_eq!([100, 200, 349, 350].map(&mut running_after), [2, 2, 2, 0]);
    let report = driver.state().report(&trigger, ms(350));
    let activities: Vec<_> = report.hooks.iter().filter_map(|hook| hook.activity.as_deref()).collect();
    assert_eq!(activities, ["waiting in read", "not inspected, because the inspection of other hooks took too long"]);
}

#[test]
fn spec_3_12_a_hook_that_comes_late_leaves_the_groups_after_it_their_share() {
    let group = |priority| FakeHook { priority, timeout: ms(2000), takes: ms(1000), ..HOOK };
    let endless = FakeHook { priority: 1, timeout: ms(3_600_000), behavior: Behavior::Blocks, ..HOOK };
    let report = Harness::of(&[group(1), group(0)], ms(10_000)).input(ms(500), Input::Register(endless, vec![])).play();
    let second = report.hook("h1").map(|hook| &hook.outcome);
    assert_eq!(second, Some(&Outcome::Completed), "{report}");
}

/// When the group was opened, there was more time than all hooks requested. That time is gone when the last one comes.
#[test]
fn spec_3_12_a_hook_that_comes_late_and_hangs_in_its_drop_leaves_the_groups_after_it_their_share() {
    let first = FakeHook { priority: 1, timeout: ms(7500), takes: ms(7000), ..HOOK };
    let last = FakeHook { timeout: ms(250), ..HOOK };
    let hangs = FakeHook { timeout: ms(3000), takes: ms(5000), behavior: Behavior::BlocksInDrop, ..first };
    let report = Harness::of(&[first, last], ms(10_000)).input(ms(6900), Input::Register(hangs, vec![])).play();
    let outcome = |name: &str| report.hook(name).map(|hook| hook.outcome.clone());
    assert_eq!(outcome("h2"), Some(Outcome::TimedOut { abandoned: true }), "{report}");
    assert_eq!(outcome("h1"), Some(Outcome::Completed), "{report}");
}

/// Both ask for more than there is, so the first, which hangs, gets half of it.
#[test]
fn spec_3_12_hooks_that_come_during_the_shutdown_share_its_time() {
    let minute = FakeHook { timeout: ms(60_000), ..HOOK };
    let first = FakeHook { priority: -1, behavior: Behavior::Awaits, ..minute };
    let second = FakeHook { priority: -2, ..minute };
    let harness = Harness::of(&[FakeHook { takes: ms(1000), ..HOOK }], ms(20_000));
    let harness =
        harness.input(ms(500), Input::Register(first, vec![])).input(ms(500), Input::Register(second, vec![]));
    let lines = outcome_lines(&harness.play());
    assert!(
        matches!(&lines[..], [_, hung, ran] if hung.contains("timed out") && ran.contains("completed")),
        "{lines:?}"
    );
}

#[test]
fn spec_3_11_a_hook_after_one_that_had_no_time_runs_in_the_time_that_is_kept() {
    let endless = FakeHook { priority: 1, timeout: ms(3_600_000), behavior: Behavior::Blocks, ..HOOK };
    let flush = FakeHook { timeout: ms(100), ..FLUSH };
    // Registered last: when the plan was made, no other hook was to run before `flush`.
    let report = Harness::of(&[endless, flush], ms(10_000))
        .input(ms(10), Input::Register(HOOK, vec![]))
        .input(ms(20), Input::Register(flush, vec![2]))
        .play();
    let outcome = |name: &str| report.hook(name).map(|hook| hook.outcome.to_string()).unwrap_or_default();
    assert_eq!(outcome("h2"), "skipped: no time was left", "{report}");
    assert_eq!(outcome("h3"), "completed", "{report}");
}

#[test]
fn spec_3_8_work_that_is_cut_off_at_the_deadline_is_in_the_report() {
    let report = Harness::of(&[], ms(10_000)).work(Duration::ZERO, Duration::MAX).play();
    assert!(report.deadline_exceeded, "{report}");
    assert_eq!(report.in_flight.len(), 1, "{report}");
}

#[test]
fn spec_3_11_a_hook_that_comes_while_work_is_waited_for_has_its_time() {
    let quick = |phase| FakeHook { phase, timeout: ms(1000), ..HOOK };
    for known in [vec![], vec![quick(Phase::Stop)]] {
        let harness = Harness::of(&known, ms(10_000)).work(Duration::ZERO, Duration::MAX);
        let report = harness.input(ms(1000), Input::Register(quick(Phase::Flush), vec![])).play();
        assert!(report.hooks.iter().all(|hook| hook.outcome == Outcome::Completed), "{report}");
    }
}

/// Settings can move a linked hook behind one that is registered after it.
#[test]
fn spec_3_5_an_after_that_cannot_be_kept_is_a_warning_and_not_waited_for() {
    let hooks = [FakeHook { priority: -10, ..HOOK }, FakeHook { phase: Phase::Deregister, takes: ms(100), ..HOOK }];
    let played = Harness::of(&hooks, ms(10_000)).input(ms(10), Input::Register(HOOK, vec![0])).play_to_end();
    assert_eq!(outcome_lines(&played.report()), ["h1 0-100 completed", "h2 100-110 completed", "h0 110-120 completed"]);
    let is_warning = |(_, event): &(Duration, Event)| matches!(event, Event::Warning(why) if why.contains("h0"));
    assert!(played.simulation.events().iter().any(is_warning));
}

#[test]
fn spec_3_11_a_hook_that_no_thread_took_in_the_time_of_its_phase_is_skipped_for_those_of_the_next() {
    let hooks = [HOOK, FakeHook { phase: Phase::Flush, ..HOOK }];
    let Harness { plan, first, .. } = Harness::of(&hooks, ms(10_000));
    let mut driver = Driver::new(ShutdownState::new(plan, Arc::new(SimulatedWork::default()), false));
    let trigger = driver.begin(first);
    // Of 8.3 s, the last second is kept for flush.
    driver.expire(ms(7400), ms(7400));
    let report = driver.state().report(&trigger, ms(7400));
    let outcomes: Vec<String> = report.hooks.iter().map(|hook| hook.outcome.to_string()).collect();
    assert_eq!(outcomes[0], Outcome::Skipped(crate::report::SkipReason::NoTimeLeft).to_string());
    let next = std::iter::repeat_with(|| driver.next(ms(7400))).find(|next| !matches!(next, Next::Wake(_)));
    let Some(Next::Run(task)) = next else { panic!("a hook is due") };
    assert_eq!(task.hook.full_name(), "h1");
}

#[test]
fn spec_3_23_the_activity_of_a_hook_that_ended_in_time_is_not_in_the_report() {
    let (mut driver, [first, second], trigger) = two_hooks_of_100_ms();
    for id in [first, second] {
        driver.record_activity(id, Some("waiting in read".to_owned()));
    }
    // The hook ends after its inspection, and before the supervisor has the lock.
    driver.finish(first, ms(100), Finish::Ended(Outcome::Completed), 0);
    driver.expire(ms(100), ms(100));
    let report = driver.state().report(&trigger, ms(100));
    let activities: Vec<Option<&str>> = report.hooks.iter().map(|hook| hook.activity.as_deref()).collect();
    assert_eq!(activities, [None, Some("waiting in read")]);
}

#[test]
fn spec_3_19_after_a_forced_end_no_hook_starts() {
    let hooks = vec![FakeHook { takes: ms(4000), ..HOOK }, HOOK];
    let Harness { plan, first, .. } = Harness::new(hooks, &[vec![], vec![0]], ms(20_000), Duration::ZERO);
    let mut driver = Driver::new(ShutdownState::new(plan, Arc::new(SimulatedWork::default()), false));
    driver.begin(first);
    let Next::Run(task) = driver.next(Duration::ZERO) else { panic!("the hook is due") };
    for at in [2000, 2500] {
        driver.receive(ms(at), Message::Trigger(Trigger::Signal { signal: Signal::SIGINT, sender: None }));
    }
    driver.finish(task.id, ms(2600), Finish::Ended(Outcome::Completed), 0);
    let mut next = std::iter::repeat_with(|| driver.next(ms(2600))).find(|next| !matches!(next, Next::Wake(_)));
    assert!(matches!(next.take(), Some(Next::Over)));
}
