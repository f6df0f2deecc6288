//! Tests that a run emits the beginning of each phase.

use super::*;

fn phases(hooks: &[FakeHook], delay: Duration) -> Vec<(Phase, usize)> {
    Harness::new(hooks.to_vec(), &[], ms(60_000), delay).play_to_end().phases()
}

#[test]
fn each_phase_emits_one_event_with_its_hooks() {
    let of = |phase, priority| FakeHook { phase, priority, ..HOOK };
    let hooks = [of(Phase::Deregister, 0), of(Phase::Stop, 1), of(Phase::Stop, 0), of(Phase::Flush, 0)];
    let expected = [(Phase::Deregister, 1), (Phase::Drain, 0), (Phase::Stop, 2), (Phase::Flush, 1)];
    assert_eq!(phases(&hooks, Duration::ZERO), expected);
    assert_eq!(phases(&hooks, ms(1000)), expected);
}

#[test]
fn a_phase_without_hooks_emits_an_event_only_if_it_lasts() {
    assert_eq!(phases(&[HOOK], Duration::ZERO), [(Phase::Drain, 0), (Phase::Stop, 1)]);
    assert_eq!(phases(&[HOOK], ms(1000)), [(Phase::Deregister, 0), (Phase::Drain, 0), (Phase::Stop, 1)]);
}
