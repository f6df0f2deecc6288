//! Tests what a run knows of its threads. Workers that only exist as numbers stand for threads that the system starts late.

use super::*;
use crate::hook::registry::Provided;
use crate::hook::{Body, HookRecord, OnceBody, Phase};
use crate::plan::budget::Budget;
use crate::plan::drain_delay::DrainDelay;
use crate::report::Report;
use crate::run::simulation::SimulatedWork;
use crate::trigger::{Masks, Trigger};

struct NoEnd;

impl Finalizer for NoEnd {
    fn exit_code(&self, _report: &Report) -> u8 {
        0
    }

    fn finalize(&self, _report: Arc<Report>) {}

    fn cut_off(&self, _report: Arc<Report>, _has_begun: bool) {}

    fn finalize_time(&self, _now: Duration) -> Duration {
        Duration::ZERO
    }
}

/// Begins a run with one hook, which no thread takes.
fn run_with_queued_hook() -> Arc<Run> {
    let budget = Budget::choose(None, None, None).expect("the default");
    let mut plan = Plan::new(Vec::new(), budget, DrainDelay::of_program(Duration::ZERO)).expect("no hooks");
    let hook = HookRecord {
        name: "flush_orders".into(),
        module: "",
        file: "shared_tests.rs",
        line: 1,
        package: "",
        version: "",
        phase: Phase::Stop,
        priority: 0,
        timeout: Duration::from_secs(5),
        timeout_is_default: false,
        after: &[],
        body: Body::SyncOnce(OnceBody::new(|_| Ok(()))),
    };
    plan.add(HookRef::Registered(Arc::new(hook)), &[]);
    let state = ShutdownState::new(plan, Arc::new(SimulatedWork::default()), false);
    let masks = Masks::of_this_thread();
    let inbox = Arc::new(Inbox::without_signals(masks).expect("a pair of sockets"));
    let output = Arc::new(Output::new(true, masks));
    let run = Run::new(state, inbox, Arc::new(Provided::default()), output, None, Arc::new(NoEnd));
    run.begin([Message::Trigger(Trigger::MainReturned)], || {});
    run
}

#[test]
fn a_run_is_deserted_only_if_every_worker_has_a_slot_and_is_held() {
    let run = run_with_queued_hook();
    assert!(run.lock().driver.queued() > 0);
    let slot = WorkerSlot::take();
    run.lock().slots.push(Arc::clone(&slot));
    let is_deserted = |workers, idle| {
        let mut shared = run.lock();
        (shared.workers, shared.idle) = (workers, idle);
        drop(shared);
        run.is_deserted()
    };
    assert!(!is_deserted(1, 0), "the worker is free");
    slot.while_waking(|| {
        assert!(!is_deserted(2, 0), "the second worker has no slot yet");
        assert!(!is_deserted(1, 1), "an idle worker will take the hook");
        assert!(is_deserted(1, 0));
    });
}

#[test]
fn a_worker_that_finalizes_or_is_idle_will_finalize() {
    let run = run_with_queued_hook();
    assert!(!run.has_finalizing_worker());
    run.lock().idle = 1;
    assert!(run.has_finalizing_worker(), "it is idle");
    run.lock().idle = 0;
    assert!(run.finalization.begin());
    assert!(run.has_finalizing_worker(), "it finalizes");
}
