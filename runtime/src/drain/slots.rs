//! A mark for each piece of work in, the marks that are still there out: a table that many threads share without
//! waiting for each other.
//!
//! A mark takes a free slot by one compare-and-swap and frees it by one store. Every thread looks first where it
//! found a place the last time, in a part of the table that it shares with few others.

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Parts of the table; threads beyond this number share.
const SHARDS: usize = 16;
/// Slots of a shard's first chunk; each further chunk has four times as many.
const FIRST: usize = 256;
const CHUNKS: usize = 6;
/// How many slots of a chunk are tried before the next chunk.
const TRIES: usize = 8;

const FREE: u64 = 0;

pub(super) struct Slots {
    shards: [Shard; SHARDS],
    /// Marks that found no slot: they count, and nothing more is known of them.
    overflow: AtomicUsize,
}

struct Shard {
    chunks: [OnceLock<Box<[AtomicU64]>>; CHUNKS],
}

/// Where a mark is.
#[derive(Debug)]
pub(super) enum Place {
    Slot(&'static AtomicU64),
    Overflow(&'static AtomicUsize),
}

thread_local! {
    /// This thread's shard, and where in a chunk it looks first. Constant, so that a look is a plain load.
    static HINT: Cell<(usize, usize)> = const { Cell::new((UNKNOWN, 0)) };
}

const UNKNOWN: usize = usize::MAX;

fn hint() -> (usize, usize) {
    match HINT.try_with(Cell::get).unwrap_or_default() {
        (UNKNOWN, from) => {
            static NEXT: AtomicUsize = AtomicUsize::new(0);
            let shard = NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS;
            let _ = HINT.try_with(|hint| hint.set((shard, from)));
            (shard, from)
        }
        known => known,
    }
}

impl Slots {
    pub(super) const fn new() -> Self {
        Self {
            shards: [const { Shard { chunks: [const { OnceLock::new() }; CHUNKS] } }; SHARDS],
            overflow: AtomicUsize::new(0),
        }
    }

    /// Sets a mark, which is not [`FREE`].
    pub(super) fn set(&'static self, mark: u64) -> Place {
        let (shard, from) = hint();
        let chunks = self.shards.get(shard).map_or(&[][..], |shard| &shard.chunks);
        for (chunk, size) in chunks.iter().zip(sizes()) {
            let slots = chunk.get_or_init(|| (0..size).map(|_| AtomicU64::new(FREE)).collect());
            // A power of two: the remainder without a division, which takes longer than all the rest.
            for place in (from..from + TRIES).map(|place| place & (size - 1)) {
                let Some(slot) = slots.get(place) else { continue };
                if slot.load(Ordering::Relaxed) == FREE
                    && slot.compare_exchange(FREE, mark, Ordering::SeqCst, Ordering::Relaxed).is_ok()
                {
                    if place != from {
                        let _ = HINT.try_with(|hint| hint.set((shard, place)));
                    }
                    return Place::Slot(slot);
                }
            }
        }
        self.overflow.fetch_add(1, Ordering::SeqCst);
        Place::Overflow(&self.overflow)
    }

    /// The marks that are there, and how many more there are.
    pub(super) fn marks(&self) -> (impl Iterator<Item = u64>, usize) {
        let chunks = self.shards.iter().flat_map(|shard| &shard.chunks).filter_map(OnceLock::get);
        let marks = chunks.flat_map(|chunk| chunk.iter()).map(|slot| slot.load(Ordering::SeqCst));
        (marks.filter(|mark| *mark != FREE), self.overflow.load(Ordering::SeqCst))
    }
}

impl Place {
    #[inline]
    pub(super) fn free(&self) {
        match self {
            Self::Slot(slot) => slot.store(FREE, Ordering::Release),
            Self::Overflow(count) => {
                count.fetch_sub(1, Ordering::SeqCst);
            }
        }
    }
}

fn sizes() -> impl Iterator<Item = usize> {
    (0..CHUNKS).map(|chunk| FIRST << (2 * chunk))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_is_found_until_it_is_freed() {
        static SLOTS: Slots = Slots::new();
        let count = || SLOTS.marks().0.count() + SLOTS.marks().1;
        let places: Vec<Place> = (1..=100_000).map(|mark| SLOTS.set(mark)).collect();
        assert_eq!(count(), 100_000);
        let mut found: Vec<u64> = SLOTS.marks().0.collect();
        found.sort_unstable();
        found.dedup();
        assert_eq!(found.len() + SLOTS.marks().1, 100_000);
        places.iter().for_each(Place::free);
        assert_eq!(count(), 0);
    }

    #[test]
    fn many_threads_lose_no_mark() {
        static SLOTS: Slots = Slots::new();
        std::thread::scope(|scope| {
            for _ in 0..40 {
                scope.spawn(|| {
                    let kept: Vec<Place> = (0..1000)
                        .map(|mark| {
                            SLOTS.set(mark + 1).free();
                            SLOTS.set(mark + 1)
                        })
                        .collect();
                    kept.iter().step_by(2).for_each(Place::free);
                });
            }
        });
        let (marks, overflow) = SLOTS.marks();
        assert_eq!(marks.count() + overflow, 40 * 500);
    }
}
