//! Makes the marks of work in flight, and reads them: when the work began, and at which site.

use std::cell::Cell;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::in_flight_count::InFlightCount;
use super::sites::{self, Site};
use super::slots::Hint;
use super::work_in_flight::WorkInFlight;
use crate::os;
use crate::sorted_map::SortedMap;

thread_local! {
    /// This thread's shard, and the slot that it tries first. `None` before its first use. A constant without `Drop`, so
    /// that an access is a plain load.
    static HINT: Cell<Option<Hint>> = const { Cell::new(None) };
}

/// Returns where this thread looks for a free slot first.
#[inline]
pub(super) fn hint() -> Hint {
    HINT.try_with(Cell::get).ok().flatten().unwrap_or_else(|| {
        static NEXT_SHARD: AtomicUsize = AtomicUsize::new(0);
        // Relaxed: only distributes the threads.
        let hint = Hint { shard: NEXT_SHARD.fetch_add(1, Ordering::Relaxed), slot: 0 };
        let _ = HINT.try_with(|known| known.set(Some(hint)));
        hint
    })
}

/// Sets where this thread looks for a free slot next time.
#[inline]
pub(super) fn set_hint(next: Hint) {
    // Fails only while the thread's local values are destroyed; the next search then starts at the same slot.
    let _ = HINT.try_with(|hint| hint.set(Some(next)));
}

/// Makes the mark of work that begins now at this site.
#[inline]
pub(super) fn mark_now(site: sites::SiteId) -> u64 {
    mark(now(), site)
}

/// Returns the time since the last piece of work began after the trigger, to about 10 ms. `None` if none has begun.
pub(super) fn since_last_new(count: &InFlightCount) -> Option<Duration> {
    let (began, _) = read(count.last_new()?);
    Some(Duration::from_millis(now().saturating_sub(began)))
}

/// Returns the work in flight by name and location. Allocates, and takes the lock of the sites.
pub(super) fn list(count: &InFlightCount) -> Vec<WorkInFlight> {
    let (marks, more) = count.marks();
    let mut found: SortedMap<sites::SiteId, (usize, u64)> = SortedMap::default();
    for mark in marks {
        let (began, id) = read(mark);
        found.change(id, (0, began), |(pieces, oldest)| (*pieces, *oldest) = (*pieces + 1, began.min(*oldest)));
    }
    let since = |began| Duration::from_millis(now().saturating_sub(began));
    let known = found.iter().copied().filter_map(|(id, (count, oldest))| {
        let Site { name, location } = sites::site(id)?;
        let (name, file) = (name.to_owned(), location.file().to_owned());
        Some(WorkInFlight { name, count, oldest: since(oldest), file, line: location.line() })
    });
    let rest = (more > 0).then(|| WorkInFlight {
        name: "(more)".to_owned(),
        count: more,
        oldest: Duration::ZERO,
        file: String::new(),
        line: 0,
    });
    known.chain(rest).collect()
}

/// Packs the start in milliseconds, above the 20 bits of the site. Never zero, which is the value of a free slot.
fn mark(began: u64, id: sites::SiteId) -> u64 {
    ((began + 1) << 20) | u64::from(id & (sites::MOST - 1))
}

/// Unpacks a mark.
fn read(mark: u64) -> (u64, sites::SiteId) {
    let id = u32::try_from(mark & u64::from(sites::MOST - 1)).unwrap_or_default();
    ((mark >> 20) - 1, id)
}

/// Returns milliseconds on a monotonic clock: on Linux the coarse one, which costs a third of the precise one.
fn now() -> u64 {
    if let Some(coarse) = os::coarse_millis() {
        return coarse;
    }
    static FIRST: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(FIRST.elapsed().as_millis()).unwrap_or_default()
}
