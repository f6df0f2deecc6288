//! An epoll set in, the connections and pipes that it watches out: what an async runtime may be waiting for.

use super::descriptor::{NAMED, describe_link, list};
use super::task::{LinkedHook, Task};

/// So many of a set's descriptors are looked at.
const LOOKED_AT: usize = 64;
/// What a runtime watches for its own sake: the pair of sockets through which it hears of signals.
const NAMELESS: &str = "a unix socket";

/// `fd 9, a TCP connection to ..`, or `None` for a set that watches nothing that has a name.
pub(super) fn watched(task: &Task, set: i32) -> Option<String> {
    let text = task.text(&format!("fdinfo/{set}"))?;
    let entries: Vec<_> = text.lines().filter_map(entry).take(LOOKED_AT).collect();
    let named = entries.into_iter().filter_map(|(descriptor, inode)| {
        // The set remembers a number that may since stand for something else; the inode tells.
        let link = task.link(descriptor)?;
        let same = matches!(link, LinkedHook::Socket(number) | LinkedHook::Pipe(number) if number == inode);
        let words = same.then(|| describe_link(task, link).words)?;
        (words != NAMELESS).then_some((descriptor, Some(words)))
    });
    let mut named: Vec<_> = named.collect();
    let more = named.len().saturating_sub(NAMED);
    named.truncate(NAMED);
    (!named.is_empty()).then(|| list(&named, more))
}

/// `tfd:  9 events: 19 data: 7f..  pos:0 ino:8a3 sdev:8`: the descriptor and the inode.
fn entry(line: &str) -> Option<(i32, u64)> {
    let descriptor = line.strip_prefix("tfd:")?.split_ascii_whitespace().next()?.parse().ok()?;
    let inode = line.split_ascii_whitespace().find_map(|field| field.strip_prefix("ino:"))?;
    Some((descriptor, u64::from_str_radix(inode, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spec_3_23_an_entry_of_a_set_is_a_descriptor_and_an_inode() {
        let line = "tfd:        9 events:       19 data:     7f0000000009  pos:0 ino:8a3 sdev:8";
        assert_eq!(entry(line), Some((9, 0x8a3)));
        let cut = line.get(..line.len() - " ino:8a3 sdev:8".len()).unwrap_or_default();
        for other in [cut, "", "pos:\t0", "flags:\t02000002", "tfd: x ino:1", "tfd:", "tfd: 9 ino:-"] {
            assert_eq!(entry(other), None, "{other:?}");
        }
    }
}
