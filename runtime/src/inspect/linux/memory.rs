//! Reads the memory to which an argument of a system call points: a path, a socket address or a list of descriptors.
//!
//! The kernel has just read the same bytes, so they are in memory and the read does not wait for a disk. The caller
//! checks that the thread stays in its call meanwhile.

use nix::libc;

use super::proc_dir::{ProcDir, printable};

/// The size of the kernel's `struct pollfd`: a descriptor of 4 bytes, then requested and returned events.
const POLL_ENTRY: usize = 8;
/// Maximum number of entries to read of a poll list. The message names fewer.
const MAX_ENTRIES: usize = 64;
/// The size of `struct sockaddr_un`: a family of 2 bytes, then the path.
const UNIX_ADDRESS: usize = 110;
/// Maximum length of a path. The message shows less.
const PATH: usize = 256;

/// Returns the descriptors in the list of a `poll`, and the number of entries that were not read.
pub(super) fn poll_list(dir: &ProcDir, address: u64, count: u64) -> Option<(Vec<i32>, usize)> {
    let count = usize::try_from(count).ok()?;
    let mut buffer = [0; MAX_ENTRIES * POLL_ENTRY];
    let wanted = buffer.get_mut(..count.min(MAX_ENTRIES) * POLL_ENTRY)?;
    let length = wanted.len();
    (dir.read_memory(address, wanted)? == length).then_some(())?;
    // Native byte order: the memory is that of this process.
    let number = |entry: &[u8]| Some(i32::from_ne_bytes(entry.get(..4)?.try_into().ok()?));
    // The kernel ignores negative descriptors.
    let descriptors = wanted.chunks_exact(POLL_ENTRY).filter_map(number).filter(|number| *number >= 0).collect();
    Some((descriptors, count.saturating_sub(MAX_ENTRIES)))
}

/// Returns the path at this address, cut at the maximum length.
pub(super) fn path(dir: &ProcDir, address: u64) -> Option<String> {
    // A path without an end in the buffer is cut, and its start is still useful.
    let mut buffer = [0; PATH];
    let length = dir.read_memory(address, &mut buffer)?;
    let path = buffer.get(..length)?.split(|byte| *byte == 0).next()?;
    (!path.is_empty()).then(|| printable(path))
}

/// Returns the path in the address of a unix socket. An abstract name starts with `@`, as in the kernel's tables.
pub(super) fn unix_path(dir: &ProcDir, address: u64, length: i32) -> Option<String> {
    let mut buffer = [0; UNIX_ADDRESS];
    let wanted = buffer.get_mut(..usize::try_from(length).ok()?.min(UNIX_ADDRESS))?;
    let length = wanted.len();
    (dir.read_memory(address, wanted)? == length).then_some(())?;
    let (family, path) = wanted.split_at_checked(2)?;
    (i32::from(u16::from_ne_bytes(family.try_into().ok()?)) == libc::AF_UNIX).then_some(())?;
    match path.split_first()? {
        (0, name) => Some(format!("@{}", printable(name))),
        _ => Some(printable(path.split(|byte| *byte == 0).next()?)),
    }
}
