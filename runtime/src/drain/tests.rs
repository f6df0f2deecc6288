//! Wakers that panic, block, or come back to the list; and counts at the edges.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use super::in_flight::{in_flight, list_in_flight};
use super::in_flight_count::InFlightCount;
use super::slots::{Hint, SlotHandle, Slots, Taken};
use super::stage::{Stage, StageFlag};
use super::tracked::track_fn;
use super::waiters::{WaiterEntry, WaiterList};

/// A deadlock fails after this time; the work itself takes microseconds.
const LIMIT: Duration = Duration::from_secs(20);

#[derive(Default)]
struct Counter(AtomicUsize);

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Counter {
    fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// Panics when it is woken and when it is dropped.
struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("a waker's wake");
    }
}

impl Drop for Panics {
    fn drop(&mut self) {
        panic!("a waker's drop");
    }
}

/// Blocks when it is woken until the other end of its channel is dropped.
struct Blocks {
    blocked: Sender<()>,
    release: Mutex<Receiver<()>>,
}

impl Wake for Blocks {
    fn wake(self: Arc<Self>) {
        let _ = self.blocked.send(());
        let _ = self.release.lock().unwrap().recv();
    }
}

/// A stage and its waiters. Leaked, so that threads can share them.
struct Harness {
    flag: StageFlag,
    list: WaiterList,
}

impl Harness {
    fn new() -> &'static Self {
        Box::leak(Box::new(Self { flag: StageFlag::new(), list: WaiterList::new() }))
    }

    fn poll(&self, stage: Stage, entry: &mut Option<WaiterEntry>, waker: &Waker) -> Poll<()> {
        self.list.poll(&self.flag, stage, entry, waker)
    }

    /// Polls once and stays in the list.
    fn wait(&self, stage: Stage, waker: &Waker) -> Option<WaiterEntry> {
        let mut entry = None;
        assert_eq!(self.poll(stage, &mut entry, waker), Poll::Pending);
        entry
    }

    fn reach(&self, stage: Stage) {
        assert!(self.flag.enter(stage));
        self.list.wake(&self.flag, stage);
    }
}

#[test]
fn a_stage_is_entered_once_and_never_left() {
    let flag = StageFlag::new();
    assert!(flag.has_reached(Stage::Serving) && !flag.has_reached(Stage::Leaving));
    assert!(!flag.enter(Stage::Serving));
    assert!(flag.enter(Stage::Draining) && !flag.enter(Stage::Draining));
    assert!(!flag.enter(Stage::Leaving) && flag.has_reached(Stage::Draining));
}

#[test]
fn a_waker_that_panics_in_wake_and_in_drop_does_not_affect_the_others() {
    let harness = Harness::new();
    let counter = Arc::new(Counter::default());
    let healthy = Waker::from(Arc::clone(&counter));
    let mut entries = vec![harness.wait(Stage::Draining, &healthy)];
    for _ in 0..3 {
        let panics = Waker::from(Arc::new(Panics));
        entries.push(harness.wait(Stage::Leaving, &panics));
        entries.push(harness.wait(Stage::Draining, &panics));
        // The list has the last two owners of this waker.
        std::mem::forget(panics.clone());
        std::mem::forget(panics);
    }
    entries.push(harness.wait(Stage::Leaving, &healthy));
    harness.reach(Stage::Leaving);
    assert_eq!(counter.get(), 1);
    assert!(!harness.list.has_waiters(Stage::Leaving) && harness.list.has_waiters(Stage::Draining));
    harness.reach(Stage::Draining);
    assert_eq!(counter.get(), 2);
    assert!(!harness.list.has_waiters(Stage::Draining));
    for mut entry in entries {
        assert_eq!(harness.poll(Stage::Draining, &mut entry, &healthy), Poll::Ready(()));
    }
}

#[test]
fn the_last_owner_of_a_waker_that_panics_in_drop_is_the_list() {
    let harness = Harness::new();
    let counter = Arc::new(Counter::default());
    let first = harness.wait(Stage::Leaving, &Waker::from(Arc::clone(&counter)));
    let panics = harness.wait(Stage::Leaving, &Waker::from(Arc::new(Panics)));
    let last = harness.wait(Stage::Leaving, &Waker::from(Arc::clone(&counter)));
    harness.reach(Stage::Leaving);
    assert_eq!(counter.get(), 2);
    drop((first, panics, last));
}

#[test]
fn another_thread_wakes_the_futures_behind_a_waker_that_blocks() {
    let harness = Harness::new();
    let counter = Arc::new(Counter::default());
    let healthy = Waker::from(Arc::clone(&counter));
    let (blocked, is_blocked) = channel();
    let (release, released) = channel();
    let blocks = Waker::from(Arc::new(Blocks { blocked, release: Mutex::new(released) }));
    let before = harness.wait(Stage::Leaving, &healthy);
    let held_up = harness.wait(Stage::Leaving, &blocks);
    let after = harness.wait(Stage::Leaving, &healthy);
    let thread = thread::spawn(move || harness.reach(Stage::Leaving));
    is_blocked.recv_timeout(LIMIT).unwrap();
    // No lock is held: stage, list and futures work as before.
    assert!(harness.flag.enter(Stage::Draining));
    harness.list.wake(&harness.flag, Stage::Draining);
    assert_eq!(counter.get(), 2);
    assert!(!harness.list.has_waiters(Stage::Draining));
    drop(release);
    thread.join().unwrap();
    assert_eq!(counter.get(), 2, "each is woken once");
    drop((before, held_up, after));
}

#[test]
fn a_waker_may_come_back_to_the_list_when_it_is_woken_or_dropped() {
    struct ComesBack {
        harness: &'static Harness,
        other: Mutex<Option<Option<WaiterEntry>>>,
    }

    impl ComesBack {
        fn come_back(&self) {
            let _ = self.harness.poll(Stage::Draining, &mut None, Waker::noop());
            if let Some(Some(other)) = self.other.lock().unwrap().take() {
                self.harness.list.remove(Stage::Draining, other);
            }
        }
    }

    impl Wake for ComesBack {
        fn wake(self: Arc<Self>) {
            self.come_back();
        }
    }

    impl Drop for ComesBack {
        fn drop(&mut self) {
            self.come_back();
        }
    }

    let (send, ended) = channel();
    thread::spawn(move || {
        let harness = Harness::new();
        let waker = || {
            let other = Mutex::new(Some(harness.wait(Stage::Draining, Waker::noop())));
            Waker::from(Arc::new(ComesBack { harness, other }))
        };
        // Dropped by a poll with another waker.
        let mut replaced = harness.wait(Stage::Draining, &waker());
        assert_eq!(harness.poll(Stage::Draining, &mut replaced, Waker::noop()), Poll::Pending);
        // Dropped with its future.
        harness
            .wait(Stage::Draining, &waker())
            .into_iter()
            .for_each(|entry| harness.list.remove(Stage::Draining, entry));
        // Woken.
        let woken = harness.wait(Stage::Draining, &waker());
        harness.reach(Stage::Draining);
        drop(woken);
        send.send(()).unwrap();
    });
    assert_eq!(ended.recv_timeout(LIMIT), Ok(()), "deadlock or panic");
}

#[test]
fn the_last_waker_is_woken_and_a_dropped_future_is_not() {
    let harness = Harness::new();
    let [first, second, dropped] = [(); 3].map(|()| Arc::new(Counter::default()));
    let mut entry = harness.wait(Stage::Draining, &Waker::from(Arc::clone(&first)));
    assert_eq!(harness.poll(Stage::Draining, &mut entry, &Waker::from(Arc::clone(&second))), Poll::Pending);
    let gone = harness.wait(Stage::Draining, &Waker::from(Arc::clone(&dropped)));
    gone.into_iter().for_each(|gone| harness.list.remove(Stage::Draining, gone));
    assert_eq!(Arc::strong_count(&dropped), 1);
    harness.reach(Stage::Draining);
    assert_eq!((first.get(), second.get(), dropped.get()), (0, 1, 0));
    entry.into_iter().for_each(|entry| harness.list.remove(Stage::Draining, entry));
}

#[test]
fn wakes_nothing_for_a_stage_that_was_not_entered() {
    let harness = Harness::new();
    let counter = Arc::new(Counter::default());
    let entry = harness.wait(Stage::Leaving, &Waker::from(Arc::clone(&counter)));
    harness.list.wake(&harness.flag, Stage::Leaving);
    assert_eq!(counter.get(), 0);
    harness.reach(Stage::Draining);
    assert_eq!(counter.get(), 1, "a later stage includes the earlier one");
    drop(entry);
}

#[test]
fn work_that_ends_while_draining_wakes_once_until_the_next_count() {
    let (flag, table) = (StageFlag::new(), InFlightCount::new());
    let woken = Arc::new(Counter::default());
    let counter = Arc::clone(&woken);
    table.set_wake(Arc::new(move || counter.wake_by_ref()));
    let begin = || table.begin(&flag, 1, Hint::default()).slot;
    let works = [(); 5].map(|()| begin());
    let [before, first, second, third, fourth] = &works;
    table.end(&flag, before);
    assert!(flag.enter(Stage::Draining));
    assert_eq!((woken.get(), table.count()), (0, 4));
    table.end(&flag, first);
    table.end(&flag, second);
    assert_eq!((woken.get(), table.count()), (1, 2));
    table.end(&flag, third);
    table.end(&flag, fourth);
    assert_eq!((woken.get(), table.count()), (2, 0));
}

#[test]
fn a_count_ends_while_work_is_handed_over() {
    static FLAG: StageFlag = StageFlag::new();
    static TABLE: InFlightCount = InFlightCount::new();
    static STOP: AtomicBool = AtomicBool::new(false);
    assert!(FLAG.enter(Stage::Draining));
    thread::scope(|scope| {
        let Taken { slot: first, mut hint, .. } = TABLE.begin(&FLAG, 1, Hint::default());
        scope.spawn(move || {
            let mut work = first;
            while !STOP.load(Ordering::SeqCst) {
                // Another shard each time: some are scanned already, some are not.
                hint = Hint { shard: hint.shard + 7, slot: 0 };
                let next = TABLE.begin(&FLAG, 1, hint).slot;
                TABLE.end(&FLAG, &work);
                work = next;
            }
            TABLE.end(&FLAG, &work);
        });
        for _ in 0..2000 {
            assert!(TABLE.count() > 0);
        }
        STOP.store(true, Ordering::SeqCst);
    });
    assert_eq!(TABLE.count(), 0);
}

#[test]
fn every_mark_is_found_until_it_is_freed() {
    static SLOTS: Slots = Slots::new();
    let count = || SLOTS.marks().0.count() + SLOTS.marks().1;
    let mut hint = Hint::default();
    let handles: Vec<SlotHandle<'_>> = (1..=100_000)
        .map(|mark| {
            let taken = SLOTS.set(mark, hint);
            hint = taken.hint;
            taken.slot
        })
        .collect();
    assert_eq!(count(), 100_000);
    let mut found: Vec<u64> = SLOTS.marks().0.collect();
    found.sort_unstable();
    found.dedup();
    assert_eq!(found.len() + SLOTS.marks().1, 100_000);
    handles.iter().for_each(SlotHandle::free);
    assert_eq!(count(), 0);
}

#[test]
fn many_threads_lose_no_mark() {
    static SLOTS: Slots = Slots::new();
    std::thread::scope(|scope| {
        for shard in 0..40 {
            scope.spawn(move || {
                let mut hint = Hint { shard, slot: 0 };
                let mut set = |mark| {
                    let taken = SLOTS.set(mark, hint);
                    hint = taken.hint;
                    taken.slot
                };
                let kept: Vec<SlotHandle<'_>> = (0..1000)
                    .map(|mark| {
                        set(mark + 1).free();
                        set(mark + 1)
                    })
                    .collect();
                kept.iter().step_by(2).for_each(SlotHandle::free);
            });
        }
    });
    let (marks, overflow) = SLOTS.marks();
    assert_eq!(marks.count() + overflow, 40 * 500);
}

#[test]
fn a_callback_is_in_flight_from_the_beginning_until_its_future_has_ended() {
    let count =
        || -> usize { list_in_flight().iter().filter(|work| work.name == "callback").map(|work| work.count).sum() };
    let call = track_fn("callback", std::future::ready::<u8>);
    let never_called = track_fn("callback", std::future::ready::<u8>);
    assert_eq!(count(), 2, "neither is called yet");
    let mut called = std::pin::pin!(call(7));
    assert_eq!(count(), 2, "called, and not polled");
    assert_eq!(called.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(7));
    assert_eq!(count(), 1, "ended, though not dropped");
    drop(never_called);
    assert_eq!(count(), 0);
}

#[test]
fn the_age_of_work_in_flight_is_the_age_of_the_oldest_piece() {
    let begin = || in_flight("aged");
    let age = Duration::from_millis(100);
    let older = begin();
    thread::sleep(age);
    let younger = begin();
    let found = || list_in_flight().into_iter().find(|work| work.name == "aged").unwrap();
    // The clock may be coarse.
    let least = age - Duration::from_millis(20);
    assert!(found().count == 2 && found().oldest >= least, "{:?}", found());
    drop(older);
    assert!(found().count == 1 && found().oldest < age, "{:?}", found());
    drop(younger);
}
