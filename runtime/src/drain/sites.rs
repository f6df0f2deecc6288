//! Numbers the sites where work begins, so that a mark of eight bytes can hold one.

use std::cell::Cell;
use std::collections::HashMap;
use std::panic::Location;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The name of a kind of work, and the location in the source where it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Site {
    pub(crate) name: &'static str,
    pub(crate) location: &'static Location<'static>,
}

/// The number of a [`Site`], below [`MOST`].
pub(crate) type SiteId = u32;

/// Maximum number of sites. Further sites share the last number.
pub(super) const MOST: u32 = 1 << 20;

#[derive(Default)]
struct Sites {
    /// The sites in the order of their numbers.
    known: Vec<Site>,
    ids: HashMap<Site, SiteId>,
}

fn sites() -> MutexGuard<'static, Sites> {
    static SITES: std::sync::LazyLock<Mutex<Sites>> = std::sync::LazyLock::new(Mutex::default);
    SITES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Number of sites that each thread remembers. Few threads begin work at more than eight sites in turn.
const REMEMBERED: usize = 8;

thread_local! {
    /// The sites that this thread used last, each in the place that its address selects.
    static LAST: [Cell<Option<(Site, SiteId)>>; REMEMBERED] = const { [const { Cell::new(None) }; REMEMBERED] };
}

/// Returns the site's number. Takes a lock only if this thread does not remember the site.
#[inline]
pub(crate) fn id(site: Site) -> SiteId {
    let slot = std::ptr::from_ref(site.location).addr() / align_of::<Location<'_>>() % REMEMBERED;
    let remembered = LAST.try_with(|last| last.get(slot).and_then(Cell::get)).ok().flatten();
    match remembered {
        Some((known, id)) if std::ptr::eq(known.location, site.location) && std::ptr::eq(known.name, site.name) => id,
        _ => {
            let id = look_up(site);
            let _ = LAST.try_with(|last| last.get(slot).map(|cell| cell.set(Some((site, id)))));
            id
        }
    }
}

/// Numbers a site that is new.
fn look_up(site: Site) -> SiteId {
    let Sites { known, ids } = &mut *sites();
    *ids.entry(site).or_insert_with(|| {
        let id = u32::try_from(known.len()).unwrap_or(MOST).min(MOST - 1);
        known.push(site);
        id
    })
}

/// Returns the site of a number.
pub(crate) fn site(id: SiteId) -> Option<Site> {
    sites().known.get(id as usize).copied()
}
