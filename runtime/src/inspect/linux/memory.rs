//! An argument that is an address in, what the thread gave the kernel there out.
//!
//! The kernel has just read the same bytes, so they are there and no disk is waited for. What is read is a path, a
//! socket's address or a list of descriptors, of our own process, and only while the thread stays in its call.

use nix::libc;

use super::task::{Task, printable};

/// The kernel's `struct pollfd`: a descriptor of 4 bytes, then what is wanted and what was found.
const POLLED: usize = 8;
/// So many of a poll's descriptors are looked at.
const LOOKED_AT: usize = 64;
/// `struct sockaddr_un`: a family of 2 bytes, then the path.
const UNIX_ADDRESS: usize = 110;
const PATH: usize = 256;

/// The descriptors that a `poll` waits for, and how many more it has.
pub(super) fn polled(task: &Task, address: u64, count: u64) -> Option<(Vec<i32>, usize)> {
    let count = usize::try_from(count).ok()?;
    let mut buffer = [0; LOOKED_AT * POLLED];
    let wanted = buffer.get_mut(..count.min(LOOKED_AT) * POLLED)?;
    let length = wanted.len();
    (task.memory(address, wanted)? == length).then_some(())?;
    let number = |polled: &[u8]| Some(i32::from_ne_bytes(polled.get(..4)?.try_into().ok()?));
    // The kernel passes over negative ones.
    let descriptors = wanted.chunks_exact(POLLED).filter_map(number).filter(|number| *number >= 0).collect();
    Some((descriptors, count.saturating_sub(LOOKED_AT)))
}

/// A path, up to its end or as much of it as is said.
pub(super) fn path(task: &Task, address: u64) -> Option<String> {
    let mut buffer = [0; PATH];
    let length = task.memory(address, &mut buffer)?;
    let path = buffer.get(..length)?.split(|byte| *byte == 0).next()?;
    (!path.is_empty()).then(|| printable(path))
}

/// The path in the address of a unix socket; an abstract name with `@` before it, as everywhere.
pub(super) fn unix_path(task: &Task, address: u64, length: i32) -> Option<String> {
    let mut buffer = [0; UNIX_ADDRESS];
    let wanted = buffer.get_mut(..usize::try_from(length).ok()?.min(UNIX_ADDRESS))?;
    let length = wanted.len();
    (task.memory(address, wanted)? == length).then_some(())?;
    let (family, path) = wanted.split_at_checked(2)?;
    (i32::from(u16::from_ne_bytes(family.try_into().ok()?)) == libc::AF_UNIX).then_some(())?;
    match path.split_first()? {
        (0, name) => Some(format!("@{}", printable(name))),
        _ => Some(printable(path.split(|byte| *byte == 0).next()?)),
    }
}
