//! Checks the lock-free protocols of this folder against every interleaving and every stale read, with loom.
//!
//! Run them with:
//! `RUSTFLAGS="--cfg on_shutdown_loom" CARGO_TARGET_DIR=target/loom cargo test -p on-shutdown --lib --release loom`
//!
//! The sources of the protocols are compiled a second time, against the `sync` module of this file.

#[path = "in_flight_count.rs"]
#[expect(dead_code, reason = "the list of the work has no model")]
mod in_flight_count;
#[path = "slots.rs"]
#[expect(dead_code, reason = "a scope ends its work by place, which has no model of its own")]
mod slots;
#[path = "stage.rs"]
mod stage;
#[path = "waiters.rs"]
mod waiters;

use std::sync::Arc;
use std::task::{Poll, Wake, Waker};

use in_flight_count::InFlightCount;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use slots::{Hint, SlotHandle};
use stage::{Stage, StageFlag};
use waiters::WaiterList;

/// Loom's primitives, and a table of two slots, so that few states are to be explored.
mod sync {
    use std::cell::Cell;

    use loom::sync::atomic::AtomicUsize as Clock;
    pub(super) use loom::sync::atomic::Ordering;
    pub(super) use loom::sync::{Mutex, MutexGuard};

    pub(super) const SHARDS: usize = 2;
    pub(super) const FIRST_CHUNK: usize = 1;
    pub(super) const CHUNKS: usize = 1;
    pub(super) const TRIES: usize = 1;

    macro_rules! const_fn {
        ($($function:tt)*) => { $($function)* };
    }
    pub(super) use const_fn;

    macro_rules! array_of {
        ($element:expr; $count:expr) => {
            std::array::from_fn::<_, { $count }, _>(|_| $element)
        };
    }
    pub(super) use array_of;

    std::thread_local! {
        /// Whether the model of this thread has the single order of `SeqCst`. Loom runs a model on one thread.
        static HAS_SEQUENTIAL_ORDER: Cell<bool> = const { Cell::new(true) };
    }

    /// Weakens `SeqCst` to Acquire and Release in the models of this thread.
    ///
    /// The single order is as strong as the order in which loom runs the accesses, so it hides an Acquire or a Release
    /// that is missing elsewhere. Models of protocols that need no single order find that without it.
    pub(super) fn without_sequential_order() {
        HAS_SEQUENTIAL_ORDER.set(false);
    }

    fn is_sequential(ordering: Ordering) -> bool {
        ordering == Ordering::SeqCst && HAS_SEQUENTIAL_ORDER.get()
    }

    fn load_ordering(ordering: Ordering) -> Ordering {
        if ordering == Ordering::SeqCst && !HAS_SEQUENTIAL_ORDER.get() { Ordering::Acquire } else { ordering }
    }

    fn store_ordering(ordering: Ordering) -> Ordering {
        if ordering == Ordering::SeqCst && !HAS_SEQUENTIAL_ORDER.get() { Ordering::Release } else { ordering }
    }

    fn update_ordering(ordering: Ordering) -> Ordering {
        if ordering == Ordering::SeqCst && !HAS_SEQUENTIAL_ORDER.get() { Ordering::AcqRel } else { ordering }
    }

    /// Wraps an atomic of loom so that its `SeqCst` accesses have their single order.
    ///
    /// Loom treats them as little more than `AcqRel`. A second atomic of each location repairs that: a `SeqCst` write adds to it
    /// afterwards, a `SeqCst` read adds nothing to it beforehand. Additions to one atomic never read a stale value. So a
    /// `SeqCst` read sees every `SeqCst` write that came before it, and an access with a weaker ordering does not take
    /// part.
    macro_rules! atomic {
        ($name:ident, $value:ty) => {
            #[derive(Debug)]
            pub(super) struct $name {
                value: loom::sync::atomic::$name,
                sequential: Clock,
            }

            #[expect(dead_code, reason = "not each type needs each operation")]
            impl $name {
                pub(super) fn new(value: $value) -> Self {
                    Self { value: loom::sync::atomic::$name::new(value), sequential: Clock::new(0) }
                }

                fn before_read(&self, ordering: Ordering) {
                    if is_sequential(ordering) {
                        self.sequential.fetch_add(0, Ordering::Acquire);
                    }
                }

                fn after_write(&self, ordering: Ordering) {
                    if is_sequential(ordering) {
                        self.sequential.fetch_add(1, Ordering::Release);
                    }
                }

                pub(super) fn load(&self, ordering: Ordering) -> $value {
                    self.before_read(ordering);
                    self.value.load(load_ordering(ordering))
                }

                pub(super) fn store(&self, value: $value, ordering: Ordering) {
                    self.value.store(value, store_ordering(ordering));
                    self.after_write(ordering);
                }

                pub(super) fn swap(&self, value: $value, ordering: Ordering) -> $value {
                    self.before_read(ordering);
                    let earlier = self.value.swap(value, update_ordering(ordering));
                    self.after_write(ordering);
                    earlier
                }

                pub(super) fn compare_exchange(
                    &self,
                    current: $value,
                    new: $value,
                    success: Ordering,
                    failure: Ordering,
                ) -> Result<$value, $value> {
                    self.before_read(success);
                    let result = self.value.compare_exchange(current, new, update_ordering(success), failure);
                    if result.is_ok() {
                        self.after_write(success);
                    }
                    result
                }
            }
        };
    }

    macro_rules! atomic_number {
        ($name:ident, $value:ty) => {
            atomic!($name, $value);

            #[expect(dead_code, reason = "not each type needs each operation")]
            impl $name {
                pub(super) fn fetch_add(&self, value: $value, ordering: Ordering) -> $value {
                    self.before_read(ordering);
                    let earlier = self.value.fetch_add(value, update_ordering(ordering));
                    self.after_write(ordering);
                    earlier
                }

                pub(super) fn fetch_sub(&self, value: $value, ordering: Ordering) -> $value {
                    self.before_read(ordering);
                    let earlier = self.value.fetch_sub(value, update_ordering(ordering));
                    self.after_write(ordering);
                    earlier
                }

                pub(super) fn fetch_max(&self, value: $value, ordering: Ordering) -> $value {
                    self.before_read(ordering);
                    let earlier = self.value.fetch_max(value, update_ordering(ordering));
                    self.after_write(ordering);
                    earlier
                }
            }
        };
    }

    atomic!(AtomicBool, bool);
    atomic_number!(AtomicU8, u8);
    atomic_number!(AtomicU64, u64);
    atomic_number!(AtomicUsize, usize);
}

const FIRST_SCANNED: Hint = Hint { shard: 0, slot: 0 };
const LAST_SCANNED: Hint = Hint { shard: 1, slot: 0 };

/// A stage, a table, and a supervisor that counts when it is woken.
struct Harness {
    flag: StageFlag,
    table: InFlightCount,
    woken: Arc<AtomicUsize>,
}

impl Harness {
    /// Leaked: guards borrow from the table, and loom's threads are `'static`.
    fn new() -> &'static Self {
        let woken = Arc::new(AtomicUsize::new(0));
        let table = InFlightCount::new();
        let counter = Arc::clone(&woken);
        table.set_wake(Arc::new(move || {
            counter.fetch_add(1, Ordering::AcqRel);
        }));
        Box::leak(Box::new(Self { flag: StageFlag::new(), table, woken }))
    }

    /// The program drains already when the threads of the model start.
    fn new_draining() -> &'static Self {
        let harness = Self::new();
        assert!(harness.flag.enter(Stage::Draining));
        harness
    }

    fn begin(&'static self, hint: Hint) -> SlotHandle<'static> {
        self.table.begin(&self.flag, 1, hint).slot
    }

    fn end(&self, slot: &SlotHandle<'_>) {
        self.table.end(&self.flag, slot);
    }

    /// As the run does it: enters the stage, then counts.
    fn drain(&self) -> usize {
        self.flag.enter(Stage::Draining);
        self.table.count()
    }

    fn take_wake_up(&self) -> bool {
        self.woken.swap(0, Ordering::AcqRel) > 0
    }
}

/// (a) Guards are dropped while the program drains or starts to: the last count sees 0.
fn end_while_draining<const WORKS: usize>(harness: &'static Harness, hints: [Hint; WORKS]) {
    let works = hints.map(|hint| harness.begin(hint));
    let threads = works.map(|work| thread::spawn(move || harness.end(&work)));
    let mut count = harness.drain();
    // A wake-up that is taken here is spent: later ends must wake again.
    if WORKS > 1 && harness.take_wake_up() {
        count = harness.table.count();
    }
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    if harness.take_wake_up() {
        count = harness.table.count();
    }
    assert_eq!(count, 0, "lost wake-up");
}

#[test]
fn loom_the_end_of_work_is_counted_or_wakes() {
    loom::model(|| end_while_draining(Harness::new(), [LAST_SCANNED]));
}

#[test]
fn loom_the_end_of_work_without_a_slot_is_counted_or_wakes() {
    loom::model(|| {
        // Keeps the only slot of its shard until the work below has found none.
        let harness = Harness::new();
        let taken = harness.begin(FIRST_SCANNED);
        let work = harness.begin(FIRST_SCANNED);
        harness.end(&taken);
        let thread = thread::spawn(move || harness.end(&work));
        let mut count = harness.drain();
        thread.join().unwrap();
        if harness.take_wake_up() {
            count = harness.table.count();
        }
        assert_eq!(count, 0, "lost wake-up");
    });
}

#[test]
fn loom_two_ends_share_a_wake_up_and_lose_none() {
    let mut builder = loom::model::Builder::new();
    // Three threads: two preemptions find a wake-up that is lost between the swap of one thread and the count.
    builder.preemption_bound = Some(2);
    builder.check(|| end_while_draining(Harness::new(), [FIRST_SCANNED, LAST_SCANNED]));
}

#[test]
fn loom_two_ends_while_draining_need_no_sequential_order() {
    sync::without_sequential_order();
    let mut builder = loom::model::Builder::new();
    // As above.
    builder.preemption_bound = Some(3);
    builder.check(|| end_while_draining(Harness::new_draining(), [FIRST_SCANNED, LAST_SCANNED]));
}

/// (a) A guard is made while the program starts to drain: the count sees it, or knows that it began while draining.
#[test]
fn loom_work_that_begins_before_draining_is_counted() {
    for in_new_chunk in [true, false] {
        loom::model(move || {
            let harness = Harness::new();
            if !in_new_chunk {
                let slot = harness.begin(FIRST_SCANNED);
                harness.end(&slot);
            }
            let thread = thread::spawn(move || {
                let work = harness.begin(FIRST_SCANNED);
                let began_before_draining = !harness.flag.has_reached(Stage::Draining);
                std::mem::forget(work);
                began_before_draining
            });
            let count = harness.drain();
            let began_before_draining = thread.join().unwrap();
            assert!(count > 0 || !began_before_draining, "work was not seen");
        });
    }
}

/// (c) Work is handed over, with something in flight at every moment, while it is counted: never counted as nothing.
fn hand_over(harness: &'static Harness, from: Hint, to: Hint, overflows: bool, chunk_exists: bool) {
    if chunk_exists {
        let slot = harness.begin(to);
        harness.end(&slot);
    }
    // Keeps the slot until the work that is handed over has found none.
    let taken = overflows.then(|| harness.begin(from));
    let work = harness.begin(from);
    taken.iter().for_each(|taken| harness.end(taken));
    let thread = thread::spawn(move || {
        let next = harness.begin(to);
        harness.end(&work);
        std::mem::forget(next);
    });
    assert!(harness.drain() > 0, "work was in flight at every moment");
    thread.join().unwrap();
}

#[test]
fn loom_work_that_is_handed_over_to_a_scanned_slot_is_never_counted_as_nothing() {
    loom::model(|| hand_over(Harness::new(), LAST_SCANNED, FIRST_SCANNED, false, true));
}

#[test]
fn loom_work_that_is_handed_over_to_a_new_chunk_is_never_counted_as_nothing() {
    loom::model(|| hand_over(Harness::new(), LAST_SCANNED, FIRST_SCANNED, false, false));
}

#[test]
fn loom_work_that_is_handed_over_to_the_overflow_is_never_counted_as_nothing() {
    // The slot that the work has is the only one of its shard.
    loom::model(|| hand_over(Harness::new(), FIRST_SCANNED, FIRST_SCANNED, false, true));
}

#[test]
fn loom_work_that_is_handed_over_from_the_overflow_is_never_counted_as_nothing() {
    let mut builder = loom::model::Builder::new();
    // Without a bound this one takes longer than all others together.
    builder.preemption_bound = Some(3);
    builder.check(|| hand_over(Harness::new(), FIRST_SCANNED, LAST_SCANNED, true, true));
}

#[test]
fn loom_hand_overs_while_draining_need_no_sequential_order() {
    sync::without_sequential_order();
    for chunk_exists in [true, false] {
        loom::model(move || hand_over(Harness::new_draining(), LAST_SCANNED, FIRST_SCANNED, false, chunk_exists));
    }
}

struct Flag(AtomicUsize);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

fn waker() -> (Arc<Flag>, Waker) {
    let flag = Arc::new(Flag(AtomicUsize::new(0)));
    (Arc::clone(&flag), Waker::from(flag))
}

/// (b) A future is polled, twice with different wakers, while the stage changes: ready, or its last waker is woken.
#[test]
fn loom_a_future_that_is_polled_while_the_stage_changes_is_woken() {
    for polls in [1, 2] {
        loom::model(move || {
            let stage = Arc::new((StageFlag::new(), WaiterList::new()));
            let shared = Arc::clone(&stage);
            let thread = thread::spawn(move || {
                let (flag, list) = &*shared;
                let mut entry = None;
                let mut last = None;
                for _ in 0..polls {
                    let (woken, waker) = waker();
                    match list.poll(flag, Stage::Draining, &mut entry, &waker) {
                        Poll::Ready(()) => return None,
                        Poll::Pending => last = Some(woken),
                    }
                }
                last
            });
            let (flag, list) = &*stage;
            assert!(flag.enter(Stage::Draining));
            list.wake(flag, Stage::Draining);
            if let Some(woken) = thread.join().unwrap() {
                assert_eq!(woken.0.load(Ordering::Acquire), 1, "parked for ever");
            }
        });
    }
}

/// (b) Two threads wake at the same time while the future leaves: it is woken at most once, and nothing stays behind.
#[test]
fn loom_two_calls_wake_each_future_once() {
    loom::model(|| {
        let stage = Arc::new((StageFlag::new(), WaiterList::new()));
        let (woken, waker) = waker();
        let mut entry = None;
        assert_eq!(stage.1.poll(&stage.0, Stage::Leaving, &mut entry, &waker), Poll::Pending);
        assert!(stage.0.enter(Stage::Leaving));
        let threads = [(); 2].map(|()| {
            let shared = Arc::clone(&stage);
            thread::spawn(move || shared.1.wake(&shared.0, Stage::Leaving))
        });
        entry.into_iter().for_each(|entry| stage.1.remove(Stage::Leaving, entry));
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert!(woken.0.load(Ordering::Acquire) <= 1);
        assert!(!stage.1.has_waiters(Stage::Leaving));
    });
}
