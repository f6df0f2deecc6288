//! Describes the connections and pipes that an epoll set watches. An async runtime waits for these.

use super::descriptor::{MAX_NAMED, describe_target, format_list};
use super::proc_dir::{LinkTarget, ProcDir};

/// Maximum number of descriptors to look up in one set. Each one costs a system call.
const MAX_LOOKUPS: usize = 64;
/// The description of an unnamed socket pair, through which a runtime learns of signals. It says nothing about a hook.
const UNNAMED_SOCKET: &str = "a unix socket";

/// Describes the descriptors of the set: `fd 9, a TCP connection to ..`. Returns `None` if none of them has a name.
pub(super) fn watched(dir: &ProcDir, set: i32) -> Option<String> {
    let text = dir.read_text(&format!("fdinfo/{set}"))?;
    // Collect first, so that the limit counts lookups and not results.
    let entries: Vec<_> = text.lines().filter_map(parse_entry).take(MAX_LOOKUPS).collect();
    let named = entries.into_iter().filter_map(|(descriptor, inode)| {
        // The number may refer to another file by now. Then the inode differs.
        let target = dir.read_link(descriptor)?;
        let is_same = matches!(target, LinkTarget::Socket(number) | LinkTarget::Pipe(number) if number == inode);
        let text = is_same.then(|| describe_target(dir, target).text)?;
        (text != UNNAMED_SOCKET).then_some((descriptor, Some(text)))
    });
    let mut named: Vec<_> = named.collect();
    let more = named.len().saturating_sub(MAX_NAMED);
    named.truncate(MAX_NAMED);
    (!named.is_empty()).then(|| format_list(&named, more))
}

/// Parses the descriptor and the inode from a line `tfd:  9 events: 19 data: 7f..  pos:0 ino:8a3 sdev:8`.
fn parse_entry(line: &str) -> Option<(i32, u64)> {
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
        assert_eq!(parse_entry(line), Some((9, 0x8a3)));
        let cut = line.get(..line.len() - " ino:8a3 sdev:8".len()).unwrap_or_default();
        for other in [cut, "", "pos:\t0", "flags:\t02000002", "tfd: x ino:1", "tfd:", "tfd: 9 ino:-"] {
            assert_eq!(parse_entry(other), None, "{other:?}");
        }
    }
}
