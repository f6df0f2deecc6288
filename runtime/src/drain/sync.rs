//! Names the synchronization primitives and the table sizes of this folder.
//!
//! `loom_models.rs` has a module of the same shape with loom's primitives and compiles the same sources against it.

pub(super) use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
pub(super) use std::sync::{Mutex, MutexGuard};

/// Number of shards of the slot table. More threads than this share shards. Sixteen keep the scan of a count short.
pub(super) const SHARDS: usize = 16;
/// Number of slots in the first chunk of a shard: 2 KiB. Each further chunk has four times as many. A power of two.
pub(super) const FIRST_CHUNK: usize = 256;
/// Maximum number of chunks of a shard. Together they hold 349,440 slots.
pub(super) const CHUNKS: usize = 6;
/// Number of slots that a search tries in one chunk: the slots of one cache line.
pub(super) const TRIES: usize = 8;

/// Declares a `const fn`. Loom's constructors are not `const`, so its version of this macro leaves `const` out.
macro_rules! const_fn {
    ($(#[$attribute:meta])* $visibility:vis fn $($rest:tt)*) => {
        $(#[$attribute])*
        $visibility const fn $($rest)*
    };
}
pub(super) use const_fn;

/// Makes an array whose elements are evaluated one by one.
macro_rules! array_of {
    ($element:expr; $count:expr) => {
        [const { $element }; $count]
    };
}
pub(super) use array_of;
