//! What counts as progress, and until when what runs may go on.

use super::*;
use crate::run::machine::Standing;

impl World {
    fn begun(mut self) -> Self {
        self.machine.begin(Note::Trigger(Trigger::Signal { signal: Signal::SIGTERM, sender: None }));
        self.settle();
        self
    }

    fn go_to(&mut self, at: Duration) -> Standing {
        while self.now < at && !self.machine.is_over() {
            self.pass_time();
            self.settle();
        }
        self.machine.standing(self.now)
    }
}

#[test]
fn a_hook_that_ends_is_progress_and_one_that_runs_or_starts_is_none() {
    let jobs = [Job { takes: ms(300), ..JOB }, Job { phase: Phase::Close, takes: ms(400), does: Does::Fails, ..JOB }];
    let mut world = World::of(&jobs, ms(60_000)).begun();
    assert_eq!(world.machine.standing(ms(299)).progress, 0);
    let standing = world.go_to(ms(300));
    assert_eq!((standing.progress, standing.phase, standing.until), (1, Phase::Close, ms(5300)));
    assert_eq!(standing.hooks.iter().map(|hook| &*hook.name).collect::<Vec<_>>(), ["h1"]);
    assert_eq!(world.go_to(ms(700)).progress, 2, "also one that failed");
}

#[test]
fn a_hook_that_hangs_is_no_progress_not_even_at_its_timeout() {
    for does in [Does::Awaits, Does::Blocks, Does::BlocksInPoll, Does::BlocksInDrop] {
        let jobs = [Job { does, ..JOB }, Job { phase: Phase::Close, does: Does::Awaits, ..JOB }];
        let mut world = World::of(&jobs, ms(60_000)).begun();
        assert_eq!(world.machine.standing(ms(4000)).progress, 0, "{does:?}");
        let standing = world.go_to(ms(6000));
        assert_eq!((standing.progress, standing.phase), (0, Phase::Close), "{does:?}");
    }
}

#[test]
fn what_runs_may_go_on_until_its_timeout_and_what_is_queued_too() {
    let drain = |timeout| Job { phase: Phase::Drain, timeout, does: Does::Awaits, ..JOB };
    let jobs = [drain(ms(3000)), drain(ms(7000))];
    let mut world = World::of(&jobs, ms(60_000));
    world.machine.begin(Note::Trigger(Trigger::MainReturned));
    let queued = world.machine.standing(Duration::ZERO);
    assert_eq!((queued.hooks.len(), queued.until), (2, ms(7000)));
    world.settle();
    assert_eq!(world.machine.standing(ms(500)).until, ms(7000));
}

#[test]
fn work_in_flight_that_becomes_less_is_progress() {
    let mut world = World::of(&[], ms(60_000));
    world.in_flight_until = Duration::MAX;
    let mut world = world.begun();
    let mut counted = |in_flight| {
        world.machine.count_work(ms(10), in_flight);
        let standing = world.machine.standing(ms(10));
        (standing.in_flight, standing.progress)
    };
    assert_eq!([counted(3), counted(3), counted(2), counted(4), counted(1)], [(3, 0), (3, 0), (2, 1), (4, 1), (1, 2)]);
}

#[test]
fn the_drain_delay_is_progress_when_it_begins_and_when_it_is_over() {
    let mut world = World::new(vec![JOB], &[], ms(60_000), ms(8000)).begun();
    let standing = world.machine.standing(ms(100));
    assert_eq!((standing.progress, standing.serves, standing.until), (1, true, ms(8000)));
    assert_eq!(world.go_to(ms(8000)).progress, 2);
}

#[test]
fn a_hook_that_hangs_longer_than_the_drain_delay_buys_nothing_by_it() {
    let jobs = [Job { phase: Phase::Announce, does: Does::Awaits, ..JOB }, JOB];
    let mut world = World::new(jobs.to_vec(), &[], ms(60_000), ms(1000)).begun();
    let standing = world.go_to(ms(5000));
    assert_eq!((standing.progress, standing.phase), (1, Phase::Stop));
}
