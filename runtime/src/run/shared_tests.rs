//! Tests what a run knows of its threads. Workers that only exist as numbers stand for threads that the system starts late.

use super::*;
use crate::hook::registry::Provided;
use crate::hook::{Body, HookRecord, OnceBody};
use crate::plan::budget::Budget;
use crate::plan::drain_delay::DrainDelay;
use crate::report::{Outcome, Report, sample};
use crate::run::simulation::SimulatedWork;
use crate::run::supervisor::{Watch, supervise};
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

/// Keeps the events that it hears of.
#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Observer for Heard {
    fn event(&self, event: &Event) {
        self.0.lock().expect("no panic").push(format!("{event:?}"));
    }
}

/// Begins a run with one hook, which no thread takes.
fn run_with_queued_hook() -> Arc<Run> {
    run_with(1, None)
}

fn run_with(hooks: usize, observer: Option<Arc<dyn Observer>>) -> Arc<Run> {
    let budget = Budget::choose(None, None, None).expect("the default");
    let mut plan = Plan::new(Vec::new(), budget, DrainDelay::of_program(Duration::ZERO)).expect("no hooks");
    for _ in 0..hooks {
        let body = Body::SyncOnce(OnceBody::new(|_| Ok(())));
        plan.add(HookRef::Registered(Arc::new(HookRecord { body, ..sample::hook() })), &[]);
    }
    let state = ShutdownState::new(plan, Arc::new(SimulatedWork::default()), false);
    let masks = Masks::of_this_thread();
    let inbox = Arc::new(Inbox::without_signals(masks).expect("a pair of sockets"));
    let output = Arc::new(Output::new(true, masks));
    let run = Run::new(state, inbox, Arc::new(Provided::default()), output, observer, Arc::new(NoEnd));
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

#[test]
fn the_line_that_the_shutdown_has_begun_comes_before_every_other_line() {
    let heard = Arc::new(Heard::default());
    let run = run_with(1, Some(Arc::clone(&heard) as Arc<dyn Observer>));
    heard.0.lock().expect("no panic").clear();
    run.began_emitted.store(false, Ordering::Relaxed);
    run.log(Event::DrainingBegan { in_flight: 0 });
    assert_eq!(heard.0.lock().expect("no panic").len(), 0, "this event has no line");
    run.log(Event::Problem("no room".to_owned()));
    run.log(Event::Problem("no room".to_owned()));
    let heard = heard.0.lock().expect("no panic");
    assert!(matches!(&heard[..], [once] if once.starts_with("Began")), "{heard:?}");
}

#[test]
fn a_message_that_comes_after_the_end_stays_for_the_next_reader() {
    let run = run_with_queued_hook();
    run.change(|shared, _| shared.driver.expire(Duration::MAX, Duration::MAX));
    run.finalize();
    run.inbox.send(Message::Exit(7));
    supervise(&run);
    assert!(matches!(&run.inbox.take()[..], [Message::Exit(7)]));
}

#[test]
fn a_worker_that_starts_hooks_one_after_another_gets_no_help_and_one_that_is_held_up_does() {
    let run = run_with(30, None);
    let mut watch = Watch::new(&run);
    let mut more_workers = |looks: u32| watch.more_workers(&run.lock(), TAKEOVER * looks);
    let mut finished = None;
    for _ in 0..10 {
        // The first calls return the wake-ups of a stage, and no hook.
        let task = (0..4).find_map(|_| match run.next(finished.take()) {
            Next::Run(task) => Some(task),
            _ => None,
        });
        let task = task.expect("a hook is queued");
        finished = Some((task.id, Finish::Ended(Outcome::Completed)));
    }
    assert_eq!(more_workers(1), 0, "ten hooks were started since the last look");
    assert_eq!(more_workers(2), 1, "none was started");
}
