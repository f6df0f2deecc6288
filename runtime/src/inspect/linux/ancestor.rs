//! Finds the process that started this one, or one further up, by a thread and by an environment variable.

use std::os::unix::process::parent_id;

use super::proc_dir::ProcDir;
use super::stat::Stat;

/// Maximum number of ancestors to look at. A longer chain is that of no service.
const MAX_ANCESTORS: usize = 64;

/// Returns the closest ancestor of this process that [`is_like`] this.
pub(in crate::inspect) fn find_ancestor(thread: &str, entry: &[u8]) -> Option<u32> {
    ProcDir::is_own_namespace().then_some(())?;
    let mut process = parent_id();
    for _ in 0..MAX_ANCESTORS {
        // The parent of a process in a namespace may be outside of it, and has no number then.
        let dir = ProcDir::of_process(i32::try_from(process).ok().filter(|process| *process > 0)?);
        if is_like(&dir, thread, entry) {
            return Some(process);
        }
        process = Stat::of(&dir)?.parent;
    }
    None
}

/// Returns whether the process was started with the entry in its environment, and has a thread of the name.
fn is_like(dir: &ProcDir, thread: &str, entry: &[u8]) -> bool {
    // The environment first: it is one file.
    dir.environment().any(|other| other == entry) && dir.thread_names().any(|name| name == thread)
}
