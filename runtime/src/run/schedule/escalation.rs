//! Signals and requests during a shutdown, and hooks that come too late.

use super::*;

#[test]
fn spec_3_9_the_first_trigger_is_the_reason() {
    let mut world = World::of(&[Job { takes: ms(4000), ..JOB }], ms(10_000));
    world.notes.push((ms(100), Note::Trigger(Trigger::Request { label: "again".to_owned() })));
    world.notes.push((ms(200), Note::Trigger(Trigger::MainPanicked { message: "oh".to_owned() })));
    world.notes.push((ms(300), Note::Exit(9)));
    let report = world.play();
    assert_eq!(report.trigger, Trigger::Signal { signal: Signal::SIGTERM, sender: None });
    assert_eq!(report.hooks.len(), 1);
    // What the program itself said first about its end counts.
    assert_eq!(report.own_end, Some(crate::report::OwnEnd::MainPanicked));
}

#[test]
fn spec_3_19_a_repeat_within_a_second_changes_nothing() {
    let world = World::of(&[Job { takes: ms(4000), ..JOB }], ms(10_000));
    let world = (0..50).fold(world, |world, at| world.signal(ms(at * 20), Signal::SIGTERM)).play_to_end();
    assert_eq!(world.escalated, []);
    assert_eq!(told(&world.machine.report(Duration::MAX, |_| None)), ["h0 0-4000 completed"]);
}

#[test]
fn spec_3_19_the_second_sigint_hurries_and_the_third_forces() {
    let jobs = [Job { does: Does::Awaits, ..JOB }, Job { phase: Phase::Close, does: Does::Awaits, ..JOB }];
    let world = World::of(&jobs, ms(20_000)).signal(ms(2000), Signal::SIGINT).play_to_end();
    assert_eq!(world.escalated, [Event::Hurry(Signal::SIGINT)]);
    let expected = ["h0 0-3000 timed out, cancelled", "h1 3000-4000 timed out, cancelled"];
    assert_eq!(told(&world.machine.report(Duration::MAX, |_| None)), expected);

    let world = World::of(&jobs, ms(20_000)).signal(ms(2000), Signal::SIGINT).signal(ms(2500), Signal::SIGINT);
    let report = world.play();
    assert_eq!((report.forced, report.duration), (Some(Signal::SIGINT), ms(2500)));
}

#[test]
fn spec_3_19_a_hurry_ends_the_delay_and_the_waiting_for_work() {
    let mut world = World::new(vec![JOB], &[], ms(60_000), ms(20_000)).signal(ms(5000), Signal::SIGINT);
    world.in_flight_until = Duration::MAX;
    let world = world.play_to_end();
    assert_eq!(world.draining_at, Some(ms(5000)));
    assert_eq!(told(&world.machine.report(Duration::MAX, |_| None)), ["h0 5000-5010 completed"]);

    let mut world = World::new(vec![JOB], &[], ms(60_000), ms(1000)).signal(ms(5000), Signal::SIGINT);
    world.in_flight_until = Duration::MAX;
    let report = world.play();
    assert_eq!(told(&report), ["h0 5000-5010 completed"]);
    assert_eq!(report.in_flight, [work()]);
}

#[test]
fn spec_3_19_repeated_sigterm_is_noted_and_ignored() {
    let world = World::of(&[Job { takes: ms(4000), ..JOB }], ms(10_000)).signal(ms(1500), Signal::SIGTERM);
    let world = world.signal(ms(2000), Signal::SIGTERM).play_to_end();
    assert_eq!(world.escalated.len(), 2);
    assert_eq!(told(&world.machine.report(Duration::MAX, |_| None)), ["h0 0-4000 completed"]);
}

/// A machine in which one hook of phase `stop` runs.
fn stopping() -> World {
    let mut world = World::of(&[Job { takes: ms(4000), ..JOB }], ms(20_000));
    world.machine.begin(Note::Trigger(Trigger::MainReturned));
    world.settle();
    world
}

impl World {
    fn enrol(&mut self, job: Job, after: &[HookRef]) -> Result<HookRef, crate::registry::TooLate> {
        let hook = job.hook(self.jobs.len());
        self.jobs.push(job);
        self.machine.enrol(hook.clone(), after, self.now).map(|()| hook)
    }

    fn finish_all(mut self) -> Vec<String> {
        for _ in 0..1000 {
            self.settle();
            if self.machine.is_over() {
                break;
            }
            self.pass_time();
        }
        told(&self.machine.report(Duration::MAX, |_| None))
    }
}

#[test]
fn spec_3_3_a_hook_registered_during_the_shutdown_runs_unless_its_phase_has_passed() {
    let mut world = stopping();
    assert!(world.enrol(Job { phase: Phase::Drain, ..JOB }, &[]).is_err());
    world.jobs.pop();
    assert!(world.enrol(Job { phase: Phase::Close, ..JOB }, &[]).is_ok());
    // Its turn is over, its phase is not: it joins the group that runs.
    assert!(world.enrol(Job { priority: 100, ..JOB }, &[]).is_ok());
    assert!(world.enrol(Job { priority: -1, ..JOB }, &[]).is_ok());
    let expected = ["h2 0-10 completed", "h0 0-4000 completed", "h3 4000-4010 completed", "h1 4010-4020 completed"];
    assert_eq!(world.finish_all(), expected);
}

#[test]
fn spec_3_3_a_hook_that_is_taken_out_does_not_run_and_is_not_waited_for() {
    let mut world = stopping();
    let Ok(first) = world.enrol(Job { phase: Phase::Close, takes: ms(500), ..JOB }, &[]) else { panic!("too late") };
    assert!(world.enrol(Job { phase: Phase::Close, ..JOB }, std::slice::from_ref(&first)).is_ok());
    world.machine.withdraw(&first, world.now);
    assert_eq!(world.finish_all(), ["h0 0-4000 completed", "h2 4000-4010 completed"]);
}
