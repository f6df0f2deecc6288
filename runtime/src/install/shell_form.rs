//! Detects a shell as PID 1 that does not forward signals to this program.

use std::fs;

/// The shells that start programs in containers. None of them forwards a signal.
const SHELLS: [&str; 7] = ["sh", "dash", "bash", "ash", "busybox", "zsh", "ksh"];

/// Maximum number of ancestors that are looked at. Limits the loop if processes end, and their numbers are used again.
const MAX_ANCESTORS: usize = 64;

/// Returns a warning if the platform sends its signal to a shell that does not forward it to this program.
pub(crate) fn warning() -> Option<String> {
    // Without `/proc` there is no warning: on other systems PID 1 is not the container's.
    let shell = fs::read_to_string("/proc/1/comm").ok()?;
    let shell = shell.trim();
    // As PID 1, this program gets the signal itself. Outside the tree of PID 1 (`docker exec`), it gets none.
    if std::process::id() == 1 || !SHELLS.contains(&shell) || !descends_from_1(std::process::id(), parent) {
        return None;
    }
    Some(format!(
        "PID 1 of this container is `{shell}`, which gets the platform's signal and does not forward it: this program \
         will be killed without a shutdown; write `CMD [\"program\", \"argument\"]`, or `exec program` in the script"
    ))
}

fn descends_from_1(process: u32, parent: impl Fn(u32) -> Option<u32>) -> bool {
    let mut ancestor = process;
    for _ in 0..MAX_ANCESTORS {
        match parent(ancestor) {
            Some(1) => return true,
            Some(next @ 2..) => ancestor = next,
            // Zero: the parent is outside the container, as with `docker exec`.
            Some(0) | None => return false,
        }
    }
    false
}

/// Reads the process's parent from the fourth field of `stat`.
///
/// The second field is the name of the program in parentheses. It may contain spaces and parentheses itself.
fn parent(process: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spec_3_21_an_ancestor_is_followed_up_to_pid_1() {
        let chain = |process: u32| (process > 1).then(|| process - 1);
        assert!(descends_from_1(9, chain));
        assert!(!descends_from_1(9, |process| Some(process + 1)));
        assert!(!descends_from_1(9, |_| Some(0)));
        assert!(!descends_from_1(9, |_| None));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn spec_3_21_the_parent_is_read_from_proc() {
        assert_eq!(parent(std::process::id()), Some(std::os::unix::process::parent_id()));
    }
}
