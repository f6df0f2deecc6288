//! Keeps a mark for each piece of work in flight, in a table of slots that many threads share without waiting.
//!
//! A thread takes a free slot by one compare-and-swap, and frees the slot by one store. It first tries the slot that it
//! used last, in a shard of the table that few other threads use.

use std::sync::OnceLock;

use super::sync::{
    AtomicBool, AtomicU64, AtomicUsize, CHUNKS, FIRST_CHUNK, Ordering, SHARDS, TRIES, array_of, const_fn,
};

/// The value of a slot without a mark.
const FREE: u64 = 0;

pub(super) struct Slots {
    shards: [Shard; SHARDS],
    /// Number of marks that found no slot. They are counted, and nothing else is known about them.
    overflow: AtomicUsize,
}

struct Shard {
    chunks: [Chunk; CHUNKS],
}

struct Chunk {
    slots: OnceLock<Box<[AtomicU64]>>,
    /// Whether a thread may have set a mark in this chunk. A `OnceLock` alone publishes with Release and Acquire, and a
    /// count could then miss a chunk whose first mark was set just before draining.
    in_use: AtomicBool,
}

/// The slot that holds a mark.
#[derive(Debug)]
pub(super) enum SlotHandle<'a> {
    Slot(&'a AtomicU64),
    Overflow(&'a AtomicUsize),
}

/// A mark that was set.
pub(super) struct Taken<'a> {
    pub(super) slot: SlotHandle<'a>,
    /// Where the thread should look next time.
    pub(super) hint: Hint,
    pub(super) place: Place,
}

/// The place of a mark, for a holder that shares the table's ownership and so cannot borrow a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Slot { shard: usize, chunk: usize, index: usize },
    Overflow,
}

/// Where a thread looks for a free slot first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Hint {
    /// A shard's number; more than that is reduced to it.
    pub(super) shard: usize,
    /// A slot's number in each chunk; more than that is reduced to it.
    pub(super) slot: usize,
}

impl Slots {
    const_fn! {
        pub(super) fn new() -> Self {
            Self {
                shards: array_of![
                    Shard { chunks: array_of![Chunk { slots: OnceLock::new(), in_use: AtomicBool::new(false) }; CHUNKS] };
                    SHARDS
                ],
                overflow: AtomicUsize::new(0),
            }
        }
    }

    /// Sets a mark, which must not be zero.
    // Always inlined, here and in `InFlightCount::begin`: the program's guards need no place, and then compute none.
    #[inline(always)]
    pub(super) fn set(&self, mark: u64, hint: Hint) -> Taken<'_> {
        let shard = hint.shard % SHARDS;
        let chunks = self.shards.get(shard).map_or(&[][..], |shard| &shard.chunks);
        for (number, (chunk, size)) in chunks.iter().zip(chunk_sizes()).enumerate() {
            let slots = chunk.slots_to_use(size);
            // A power of two: a mask instead of a division, which would take longer than everything else here.
            for index in (hint.slot..hint.slot + TRIES).map(|index| index & (size - 1)) {
                let Some(slot) = slots.get(index) else { continue };
                // Relaxed: only saves a compare-and-swap that would fail.
                // SeqCst on success: the caller then reads the stage; see `InFlightCount::begin`.
                // Relaxed on failure: nothing is read through the slot.
                if slot.load(Ordering::Relaxed) == FREE
                    && slot.compare_exchange(FREE, mark, Ordering::SeqCst, Ordering::Relaxed).is_ok()
                {
                    let place = Place::Slot { shard, chunk: number, index };
                    return Taken { slot: SlotHandle::Slot(slot), hint: Hint { slot: index, ..hint }, place };
                }
            }
        }
        // SeqCst: as for a slot.
        self.overflow.fetch_add(1, Ordering::SeqCst);
        Taken { slot: SlotHandle::Overflow(&self.overflow), hint, place: Place::Overflow }
    }

    /// Returns the slot at the place of a mark.
    pub(super) fn slot_at(&self, place: Place) -> Option<SlotHandle<'_>> {
        let Place::Slot { shard, chunk, index } = place else { return Some(SlotHandle::Overflow(&self.overflow)) };
        let chunk = self.shards.get(shard)?.chunks.get(chunk)?;
        // Its slots exist since the mark was set. Acquire, inside `get`: the caller may be another thread.
        chunk.slots.get()?.get(index).map(SlotHandle::Slot)
    }

    /// Returns the marks, and the number of further marks that have no slot. Takes no lock and does not allocate.
    pub(super) fn marks(&self) -> (impl Iterator<Item = u64>, usize) {
        let chunks = self.shards.iter().flat_map(|shard| &shard.chunks).filter_map(Chunk::slots_in_use);
        // SeqCst: the caller has changed the stage before; see `InFlightCount::count`.
        let marks = chunks.flat_map(|slots| slots.iter()).map(|slot| slot.load(Ordering::SeqCst));
        // SeqCst: as for a slot.
        (marks.filter(|mark| *mark != FREE), self.overflow.load(Ordering::SeqCst))
    }
}

impl Chunk {
    #[inline]
    fn slots_to_use(&self, size: usize) -> &[AtomicU64] {
        let slots = self.slots.get_or_init(|| (0..size).map(|_| AtomicU64::new(FREE)).collect());
        // SeqCst, both: a thread that sets a mark here has read or written `true` before, and reads the stage
        // afterwards. The shutdown changes the stage and then reads this. So either the count sees `true`, or the mark's
        // thread sees the new stage.
        if !self.in_use.load(Ordering::SeqCst) {
            self.in_use.store(true, Ordering::SeqCst);
        }
        slots
    }

    fn slots_in_use(&self) -> Option<&[AtomicU64]> {
        // SeqCst: see `slots_to_use`. `true` was written after the slots were made, so `get` finds them.
        self.in_use.load(Ordering::SeqCst).then(|| self.slots.get())?.map(|slots| &**slots)
    }
}

impl SlotHandle<'_> {
    #[inline]
    pub(super) fn free(&self) {
        match self {
            // SeqCst: the caller then reads the stage; see `InFlightCount::end`.
            Self::Slot(slot) => slot.store(FREE, Ordering::SeqCst),
            Self::Overflow(count) => {
                // SeqCst: as for a slot.
                count.fetch_sub(1, Ordering::SeqCst);
            }
        }
    }
}

fn chunk_sizes() -> impl Iterator<Item = usize> {
    (0..CHUNKS).map(|chunk| FIRST_CHUNK << (2 * chunk))
}
