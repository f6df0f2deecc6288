//! Beside the road: the processes above this one in; what to change where PID 1 is a shell that keeps the signals out.

use std::fs;

/// The shells that people start programs with in a container. None of them passes a signal on.
const SHELLS: [&str; 7] = ["sh", "dash", "bash", "ash", "busybox", "zsh", "ksh"];

/// Further up than this nobody looks.
const MOST_ANCESTORS: usize = 64;

/// One sentence, where the platform's signal goes to a shell that will not pass it on to us.
pub(crate) fn warning() -> Option<String> {
    let shell = fs::read_to_string("/proc/1/comm").ok()?;
    let shell = shell.trim();
    if std::process::id() == 1 || !SHELLS.contains(&shell) || !descends_from_1(std::process::id(), parent) {
        return None;
    }
    Some(format!(
        "PID 1 of this container is `{shell}`, which gets the platform's signal and does not pass it on: this program \
         will be killed without a shutdown; write `CMD [\"program\", \"argument\"]`, or `exec program` in the script"
    ))
}

fn descends_from_1(process: u32, parent: impl Fn(u32) -> Option<u32>) -> bool {
    let mut above = process;
    for _ in 0..MOST_ANCESTORS {
        match parent(above) {
            Some(1) => return true,
            Some(next @ 2..) => above = next,
            // Zero: its parent is outside the container, as with `docker exec`.
            Some(0) | None => return false,
        }
    }
    false
}

/// The fourth field of `stat`, which comes after a name that may hold anything but ends with the last parenthesis.
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
