//! Tests what counts as progress, and until when the current hooks may run.

use super::*;
use crate::telemetry::Progress;

impl Played {
    fn go_to(&mut self, at: Duration) -> Progress {
        self.play(at);
        self.simulation.state().progress(self.simulation.now())
    }
}

#[test]
fn a_hook_that_ends_is_progress_and_one_that_runs_or_starts_is_none() {
    let hooks = [
        FakeHook { takes: ms(300), ..HOOK },
        FakeHook { phase: Phase::Close, takes: ms(400), behavior: Behavior::Fails, ..HOOK },
    ];
    let mut harness = Harness::of(&hooks, ms(60_000)).begin();
    assert_eq!(harness.go_to(ms(299)).count, 0);
    let progress = harness.go_to(ms(300));
    assert_eq!((progress.count, progress.phase, progress.until), (1, Phase::Close, ms(5300)));
    assert_eq!(progress.hooks.iter().map(|hook| &*hook.name).collect::<Vec<_>>(), ["h1"]);
    assert_eq!(harness.go_to(ms(700)).count, 2, "also one that failed");
}

#[test]
fn a_hook_that_hangs_is_no_progress_not_even_at_its_timeout() {
    for behavior in [Behavior::Awaits, Behavior::Blocks, Behavior::BlocksInPoll, Behavior::BlocksInDrop] {
        let hooks =
            [FakeHook { behavior, ..HOOK }, FakeHook { phase: Phase::Close, behavior: Behavior::Awaits, ..HOOK }];
        let mut harness = Harness::of(&hooks, ms(60_000)).begin();
        assert_eq!(harness.go_to(ms(4000)).count, 0, "{behavior:?}");
        let progress = harness.go_to(ms(6000));
        assert_eq!((progress.count, progress.phase), (0, Phase::Close), "{behavior:?}");
    }
}

#[test]
fn what_runs_may_go_on_until_its_timeout() {
    let drain = |timeout| FakeHook { phase: Phase::Drain, timeout, behavior: Behavior::Awaits, ..HOOK };
    let mut harness = Harness::of(&[drain(ms(3000)), drain(ms(7000))], ms(60_000)).begin();
    let progress = harness.go_to(ms(500));
    assert_eq!((progress.hooks.len(), progress.until), (2, ms(7000)));
}

#[test]
fn work_in_flight_that_becomes_less_is_progress() {
    let mut harness = Harness::of(&[], ms(60_000));
    harness.in_flight = 3;
    let mut harness = harness.begin();
    let mut counted = |in_flight| {
        harness.simulation.set_in_flight(in_flight);
        let progress = harness.go_to(harness.simulation.now());
        (progress.in_flight, progress.count)
    };
    // Work that begins is seen at the next count.
    assert_eq!([counted(3), counted(3), counted(2), counted(4), counted(1)], [(3, 0), (3, 0), (2, 1), (2, 1), (1, 2)]);
}

#[test]
fn the_drain_delay_is_progress_when_it_begins_and_when_it_is_over() {
    let mut harness = Harness::new(vec![HOOK], &[], ms(60_000), ms(8000)).begin();
    let progress = harness.go_to(ms(100));
    assert_eq!((progress.count, progress.is_serving, progress.until), (1, true, ms(8000)));
    assert_eq!(harness.go_to(ms(8000)).count, 2);
}

#[test]
fn a_hook_that_hangs_longer_than_the_drain_delay_is_no_progress() {
    let hooks = [FakeHook { phase: Phase::Deregister, behavior: Behavior::Awaits, ..HOOK }, HOOK];
    let mut harness = Harness::new(hooks.to_vec(), &[], ms(60_000), ms(1000)).begin();
    let progress = harness.go_to(ms(5000));
    assert_eq!((progress.count, progress.phase), (1, Phase::Stop));
}
