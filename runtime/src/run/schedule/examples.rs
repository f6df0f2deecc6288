//! The promises on order and time, each by an example with its figures.

use super::*;

const ANNOUNCE: Job = Job { phase: Phase::Announce, ..JOB };
const DRAIN: Job = Job { phase: Phase::Drain, ..JOB };
const FLUSH: Job = Job { phase: Phase::Flush, ..JOB };

#[test]
fn spec_3_7_phases_then_priorities_and_equal_ones_together() {
    let jobs = [
        Job { takes: ms(30), ..JOB },
        Job { takes: ms(50), ..JOB },
        Job { priority: 10, ..JOB },
        Job { priority: -1, ..JOB },
        ANNOUNCE,
        Job { phase: Phase::Close, ..JOB },
        FLUSH,
        DRAIN,
    ];
    let expected = [
        "h4 0-10 completed",
        "h7 10-20 completed",
        "h2 20-30 completed",
        "h0 30-60 completed",
        "h1 30-80 completed",
        "h3 80-90 completed",
        "h5 90-100 completed",
        "h6 100-110 completed",
    ];
    assert_eq!(told(&World::of(&jobs, ms(10_000)).play()), expected);
}

#[test]
fn spec_3_7_after_waits_inside_a_group_and_nothing_else_does() {
    let jobs = vec![Job { takes: ms(40), ..JOB }, Job { takes: ms(5), ..JOB }, JOB, JOB];
    let world = World::new(jobs, &[vec![], vec![], vec![0], vec![1]], ms(10_000), Duration::ZERO);
    let expected = ["h0 0-40 completed", "h1 0-5 completed", "h2 40-50 completed", "h3 5-15 completed"];
    assert_eq!(told(&world.play()), expected);
}

#[test]
fn spec_3_8_the_delay_passes_beside_the_announce_hooks_and_before_all_others() {
    let world = World::new(vec![ANNOUNCE, DRAIN, JOB], &[], ms(10_000), ms(3000)).play_to_end();
    assert_eq!(world.draining_at, Some(ms(3000)));
    let expected = ["h0 0-10 completed", "h1 3000-3010 completed", "h2 3010-3020 completed"];
    assert_eq!(told(&world.machine.report(Duration::MAX, |_| None)), expected);
}

#[test]
fn spec_3_8_a_slow_announce_hook_holds_draining_back() {
    let slow = Job { takes: ms(4000), ..ANNOUNCE };
    let world = World::new(vec![slow, DRAIN], &[], ms(30_000), ms(3000)).play_to_end();
    assert_eq!(world.draining_at, Some(ms(4000)));
}

#[test]
fn spec_3_8_sigint_skips_the_drain_delay() {
    let world = World::new(vec![ANNOUNCE, DRAIN], &[], ms(10_000), ms(3000)).signal(ms(500), Signal::SIGINT);
    let world = world.play_to_end();
    assert_eq!(world.draining_at, Some(ms(500)));
}

#[test]
fn spec_3_8_the_drain_phase_ends_when_nothing_is_in_flight() {
    let mut world = World::new(vec![DRAIN, JOB], &[], ms(10_000), Duration::ZERO);
    world.in_flight_until = ms(2000);
    let report = world.play();
    assert_eq!(told(&report), ["h0 0-10 completed", "h1 2000-2010 completed"]);
    assert_eq!(report.in_flight, []);
}

#[test]
fn spec_3_8_work_that_never_ends_is_cut_off_with_time_left_for_all_others() {
    let mut world = World::new(vec![JOB, FLUSH], &[], ms(10_000), Duration::ZERO);
    world.in_flight_until = Duration::MAX;
    let report = world.play();
    // 8.3 s are usable; one of them is kept for `flush`, and 5 s are declared: the larger half goes to the work.
    assert_eq!(told(&report), ["h0 3650-3660 completed", "h1 3660-3670 completed"]);
    assert_eq!(report.in_flight, [work()]);
}

#[test]
fn spec_3_11_flush_runs_even_when_all_before_it_overran() {
    let hung = Job { does: Does::Blocks, timeout: ms(60_000), ..JOB };
    let report = World::of(&[hung, hung, FLUSH], ms(10_000)).play();
    let expected = [
        "h0 0-7300 timed out, abandoned with its thread",
        "h1 0-7300 timed out, abandoned with its thread",
        "h2 7300-7310 completed",
    ];
    assert_eq!(told(&report), expected);
    assert_eq!(report.abandoned_threads(), 2);
}

#[test]
fn spec_3_12_time_is_shared_in_proportion_and_unused_time_flows_on() {
    let group = |priority: i32, seconds: u64, does| Job { priority, timeout: ms(1000 * seconds), does, ..JOB };
    let hung = [group(3, 3, Does::Awaits), group(2, 6, Does::Awaits), group(1, 3, Does::Awaits)];
    // 8.3 s for 12 s: each gets a bit more than two thirds of its timeout, less 100 ms in which its future is dropped.
    let expected =
        ["h0 0-1975 timed out, cancelled", "h1 1975-6091 timed out, cancelled", "h2 6091-8200 timed out, cancelled"];
    assert_eq!(told(&World::of(&hung, ms(10_000)).play()), expected);
    let [_, second, third] = hung;
    let quick = World::of(&[group(3, 3, Does::Completes), second, third], ms(10_000)).play();
    assert_eq!(told(&quick).get(1).map(String::as_str), Some("h1 10-5436 timed out, cancelled"));
}

#[test]
fn spec_3_14_nothing_runs_past_the_usable_time() {
    let endless = Job { does: Does::BlocksInDrop, timeout: Duration::MAX, ..JOB };
    let report = World::of(&[endless, endless, FLUSH], ms(2000)).play();
    // 1.6 s of budget less a twentieth.
    assert!(report.duration <= ms(1520), "{report}");
    assert!(report.hooks.iter().any(|hook| hook.name == "h2" && hook.outcome == Outcome::Completed), "{report}");
}

#[test]
fn spec_3_15_a_hook_delays_later_groups_by_no_more_than_its_timeout() {
    let bad = |does| Job { does, timeout: ms(500), priority: 1, ..JOB };
    for (does, from) in [
        (Does::Awaits, 500),
        (Does::Blocks, 500),
        (Does::BlocksInPoll, 510),
        (Does::BlocksInDrop, 750),
        (Does::Panics, 10),
    ] {
        let report = World::of(&[bad(does), JOB], ms(10_000)).play();
        let healthy = report.hooks.last().and_then(|hook| hook.start);
        assert_eq!(healthy, Some(ms(from)), "{does:?}\n{report}");
    }
}

#[test]
fn spec_3_15_a_hook_after_an_abandoned_one_is_skipped_and_after_a_failed_one_it_runs() {
    let jobs = |does| vec![Job { does, timeout: ms(100), ..JOB }, JOB, Job { phase: Phase::Close, ..JOB }];
    let play = |does| told(&World::new(jobs(does), &[vec![], vec![0], vec![1]], ms(60_000), Duration::ZERO).play());
    let skipped = "skipped: it is after h0, which was abandoned";
    assert_eq!(play(Does::Blocks)[1..], [format!("h1 {skipped}"), format!("h2 {skipped}")]);
    assert_eq!(play(Does::Fails)[1..], ["h1 10-20 completed", "h2 20-30 completed"]);
    assert_eq!(play(Does::Awaits)[1..], ["h1 100-110 completed", "h2 110-120 completed"]);
}
