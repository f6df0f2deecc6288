//! Removes what killed runs left behind, by the label that everything carries.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::binary::target_tmp;
use crate::docker::{Kind, PREFIX, docker};

/// The label's key; its value is the second in which the thing was made, since 1970.
pub const BORN: &str = "on-shutdown.tests.born";

/// No run takes so long that a thing of this age could still be in use.
const OLD: Duration = Duration::from_secs(3600);

/// The label of what is made now.
pub(crate) fn label() -> String {
    format!("{BORN}={}", now().as_secs())
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Removes labelled things that are old, and old folders of images. Ignores what cannot be removed, because another run
/// may remove it at this moment.
pub fn sweep() {
    sweep_folders();
    for kind in Kind::ALL {
        let filter = format!("label={BORN}");
        let all = if matches!(kind, Kind::Container) { &["--all"][..] } else { &[] };
        let words = [kind.word(), "ls", "--quiet", "--filter", &filter];
        let found = docker(words.iter().chain(all)).unwrap_or_default();
        for name in found.lines().filter(|name| is_old(kind, name)) {
            let _ = kind.remove(name);
        }
    }
}

fn sweep_folders() {
    let entries = target_tmp().ok().and_then(|folder| fs::read_dir(folder).ok());
    for entry in entries.into_iter().flatten().flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        let made = entry.metadata().and_then(|metadata| metadata.modified()).ok();
        if ours && made.and_then(|made| made.elapsed().ok()).is_some_and(|age| age > OLD) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn is_old(kind: Kind, name: &str) -> bool {
    let labels = match kind {
        Kind::Container | Kind::Image => ".Config.Labels",
        Kind::Network | Kind::Volume => ".Labels",
    };
    let born = docker([kind.word(), "inspect", "--format", &format!("{{{{index {labels} \"{BORN}\"}}}}"), name]);
    let born = born.ok().and_then(|text| text.parse().ok()).map(Duration::from_secs);
    born.is_some_and(|born| born + OLD < now())
}
