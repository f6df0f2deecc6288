//! A name and a place in the source in, a small number that stands for both out.

use std::cell::Cell;
use std::collections::HashMap;
use std::panic::Location;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is in flight, and where it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Site {
    pub(super) name: &'static str,
    pub(super) place: &'static Location<'static>,
}

/// The number of a [`Site`], below [`MOST`].
pub(super) type SiteId = u32;

/// More sites than this share the last number.
pub(super) const MOST: u32 = 1 << 20;

#[derive(Default)]
struct Sites {
    known: Vec<Site>,
    ids: HashMap<Site, SiteId>,
}

fn sites() -> MutexGuard<'static, Sites> {
    static SITES: std::sync::LazyLock<Mutex<Sites>> = std::sync::LazyLock::new(Mutex::default);
    SITES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many sites a thread remembers by itself.
const REMEMBERED: usize = 8;

thread_local! {
    static LAST: [Cell<Option<(Site, SiteId)>>; REMEMBERED] = const { [const { Cell::new(None) }; REMEMBERED] };
}

/// The site's number: from this thread's memory, without a lock, unless it is the first time.
pub(super) fn id(site: Site) -> SiteId {
    let slot = std::ptr::from_ref(site.place).addr() / align_of::<Location<'_>>() % REMEMBERED;
    let remembered = LAST.try_with(|last| last.get(slot).and_then(Cell::get)).ok().flatten();
    match remembered {
        Some((known, id)) if std::ptr::eq(known.place, site.place) && std::ptr::eq(known.name, site.name) => id,
        _ => {
            let id = look_up(site);
            let _ = LAST.try_with(|last| last.get(slot).map(|cell| cell.set(Some((site, id)))));
            id
        }
    }
}

fn look_up(site: Site) -> SiteId {
    let Sites { known, ids } = &mut *sites();
    *ids.entry(site).or_insert_with(|| {
        let id = u32::try_from(known.len()).unwrap_or(MOST).min(MOST - 1);
        known.push(site);
        id
    })
}

pub(super) fn site(id: SiteId) -> Option<Site> {
    sites().known.get(id as usize).copied()
}
