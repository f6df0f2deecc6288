//! Runs every executable once without a change, and learns how long it takes and which changes it reaches.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::Result;
use crate::executables::{Ended, Executable};
use crate::tree::Folders;

/// An executable that passes, and what it reaches.
pub(crate) struct Reach {
    pub(crate) executable: Executable,
    pub(crate) took: Duration,
    pub(crate) changes: BTreeSet<usize>,
}

/// No executable takes longer without a change.
const LIMIT: Duration = Duration::from_secs(600);

/// A test of times may fail on a busy machine.
const TRIES: usize = 3;

/// Returns the executables that reach a change, in the order in which to run them.
pub(crate) fn record(folders: &Folders, executables: Vec<Executable>) -> Result<Vec<Reach>> {
    let mut found = Vec::new();
    for executable in executables {
        let folder = folders.reached.join(executable.name.replace('/', "-"));
        let Some(took) = run(folders, &executable, &folder)? else { continue };
        let changes = numbers(&folder)?;
        if !changes.is_empty() {
            println!("{:4} s  {:4} changes  {}", took.as_secs(), changes.len(), executable.name);
            found.push(Reach { executable, took, changes });
        }
    }
    found.sort_by_key(cost);
    Ok(found)
}

/// The tests next to the code are the most likely to fail, and the first failure ends them. So they come early.
fn cost(reach: &Reach) -> Duration {
    if reach.executable.name.starts_with("on-shutdown/") { reach.took / 20 } else { reach.took }
}

/// Returns the duration, or `None` if a test fails. Does not run an executable that an earlier measurement has run.
fn run(folders: &Folders, executable: &Executable, folder: &Path) -> Result<Option<Duration>> {
    let (known, version) = (folder.join("duration"), executable.version()?.to_string());
    let earlier = fs::read_to_string(&known).unwrap_or_default();
    if let Some(("", millis)) = earlier.split_once(&version) {
        return Ok(Some(Duration::from_millis(millis.trim().parse()?)));
    }
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    // Some tests run programs as another user.
    fs::set_permissions(folder, fs::Permissions::from_mode(0o777))?;
    for _ in 0..TRIES {
        let began = Instant::now();
        let ended = executable.run(folders, &[("MUTANTS_REACHED", &folder.to_string_lossy())], None, LIMIT)?;
        let took = began.elapsed();
        if ended == Ended::Passed {
            fs::write(known, format!("{version} {}", took.as_millis()))?;
            return Ok(Some(took));
        }
        println!("fails without a change: {} ({ended:?})", executable.name);
    }
    println!("left out: {}", executable.name);
    Ok(None)
}

fn numbers(folder: &Path) -> Result<BTreeSet<usize>> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder)? {
        found.extend(entry?.file_name().to_string_lossy().parse::<usize>());
    }
    Ok(found)
}
