//! Time and notes in, cancelled hooks, more runners and progress lines out; never runs the user's code.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::engine::{Engine, Shared, TAKEOVER};
use super::hook_runtime::HookRuntime;
use super::runner;
use super::surroundings::StillRunning;
use crate::plan::Id;

/// The hooks that still run are named this often.
const PROGRESS: Duration = Duration::from_secs(5);
/// A runner that starts fewer hooks than this while the queue waits is held up.
const BRISK: usize = 10;

/// What the supervisor remembers from one look to the next.
pub(super) struct Watch {
    next_progress: Duration,
    next_standing: Duration,
    looked: Duration,
    started: usize,
}

impl Default for Watch {
    fn default() -> Self {
        Self { next_progress: PROGRESS, next_standing: Duration::ZERO, looked: Duration::ZERO, started: 0 }
    }
}

/// Looks after the hooks until all is over, then after the end.
pub(super) fn run(engine: &Arc<Engine>) {
    engine.mailbox.masks().watch();
    // Hooks that end at once share lock and CPU with nobody.
    engine.mailbox.wait(Some(TAKEOVER));
    engine.tell_began();
    let mut watch = Watch::default();
    loop {
        match look(engine, &mut watch) {
            Look::Again(wake) => engine.mailbox.wait(Some(wake.saturating_sub(engine.now()))),
            Look::Over => break,
            // One that holds this thread as well leaves only the last resort; not to run them would lose them for sure.
            Look::Alone => break runner::run(engine, HookRuntime::default(), Some(watch)),
        }
        engine.sleeps_until(Duration::ZERO);
    }
    see_to_the_end(engine);
}

/// What the supervisor does next.
pub(super) enum Look {
    /// The next look is due then.
    Again(Duration),
    /// No other thread is left to run hooks, and none can be had.
    Alone,
    Over,
}

/// One look.
pub(super) fn look(engine: &Arc<Engine>, watch: &mut Watch) -> Look {
    let now = engine.now();
    engine.look_at_overdue(now);
    let mut shared = engine.lock();
    if shared.machine.is_over() {
        // What comes now is no longer this shutdown's: it stays in the mailbox for whoever listens next.
        return Look::Over;
    }
    for note in engine.mailbox.take() {
        shared.machine.note(now, note);
    }
    let Shared { machine, cancels, .. } = &mut *shared;
    machine.expire(now, |id| cancels.get(&id).is_none_or(|cancel| cancel.in_poll()));
    if machine.is_over() {
        engine.after_change(shared, now);
        return Look::Over;
    }
    let tells = watch.is_due(now);
    let waits_for_work = shared.machine.awaits_work();
    let runners = watch.takeover(&shared, now);
    let standing = watch.wants_standing(engine, now).then(|| shared.machine.standing(now));
    // Not sooner than that: whatever is overdue now was seen to now.
    let wake = shared.due(now).max(now + TAKEOVER).min(watch.next_progress).min(watch.next_standing);
    engine.sleeps_until(wake);
    engine.after_change(shared, now);
    engine.count_work();
    standing.iter().for_each(|standing| engine.surroundings.stands(standing));
    if tells {
        let work = if waits_for_work { engine.surroundings.work() } else { Vec::new() };
        engine.surroundings.still_running(&still_running(engine), &work);
    }
    let helped = (0..runners).all(|_| engine.add_runner());
    if !helped && engine.is_deserted() { Look::Alone } else { Look::Again(wake) }
}

impl Watch {
    /// Whether it is time to say what still runs.
    fn is_due(&mut self, now: Duration) -> bool {
        let due = now >= self.next_progress;
        if due {
            self.next_progress = now + PROGRESS;
        }
        due
    }

    /// Whether it is time to say how things stand.
    fn wants_standing(&mut self, engine: &Engine, now: Duration) -> bool {
        let every = engine.surroundings.wants_standing();
        let due = every.is_some() && now >= self.next_standing;
        if due || every.is_none() {
            self.next_standing = every.map_or(Duration::MAX, |every| now + every);
        }
        due
    }

    /// How many runners to add, because hooks are queued behind others that hold their threads.
    ///
    /// As many again as are held up: n hooks that block delay the last healthy one by log2(n) looks, not by n.
    fn takeover(&mut self, shared: &Shared, now: Duration) -> usize {
        if now < self.looked + TAKEOVER {
            return 0;
        }
        let (queued, started) = (shared.machine.queued(), shared.machine.started());
        let busy = shared.runners.saturating_sub(shared.idle);
        let brisk = started - self.started >= BRISK * busy;
        (self.looked, self.started) = (now, started);
        if brisk { 0 } else { busy.clamp(1, 64).min(queued.saturating_sub(shared.idle)) }
    }
}

/// The hooks that run now, and what they are doing.
fn still_running(engine: &Engine) -> Vec<StillRunning> {
    let ids: Vec<Id> = engine.lock().machine.running().map(|(id, ..)| id).collect();
    let mut doing: HashMap<Id, String> = engine.look_at(ids).into_iter().collect();
    let (now, shared) = (engine.now(), engine.lock());
    let running = shared.machine.running();
    let named = running.map(|(id, hook, start, limit)| StillRunning {
        hook: hook.clone(),
        elapsed: now.saturating_sub(start),
        remaining: limit.saturating_sub(now),
        doing: doing.remove(&id),
    });
    named.collect()
}

/// Somebody must end the process, and nothing may keep them from it.
fn see_to_the_end(engine: &Arc<Engine>) {
    if engine.is_forced() || !engine.finds_its_end() {
        return engine.cut_off();
    }
    let until = engine.now() + engine.surroundings.conclusion(engine.now());
    let mut late = Vec::new();
    while !engine.is_concluded() {
        let left = until.saturating_sub(engine.now());
        if left.is_zero() {
            return engine.cut_off();
        }
        engine.mailbox.wait(Some(left));
        late.extend(engine.mailbox.take());
    }
    // Where the program goes on, somebody else listens from here on.
    late.into_iter().for_each(|note| engine.mailbox.send(note));
}
