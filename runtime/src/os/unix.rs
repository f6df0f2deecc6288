//! Asks a Unix system.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::libc::{O_NOFOLLOW, O_NONBLOCK};
use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};

/// Returns the name of the host.
pub(crate) fn host_name() -> Option<String> {
    nix::unistd::gethostname().ok().map(|name| name.to_string_lossy().into_owned())
}

/// Whether there is a clock.
pub(crate) const HAS_CLOCK: bool = true;

/// Whether the target has threads. `--cfg on_shutdown_no_threads` says no, so that tests run what a target without them runs.
pub(crate) const HAS_THREADS: bool = cfg!(not(on_shutdown_no_threads));

/// Whether a panic ends the process in every program.
pub(crate) const ALWAYS_ABORTS: bool = false;

/// Returns the id of this process.
pub(crate) fn process_id() -> u32 {
    std::process::id()
}

/// Returns the id of the process that has started this one, or of the one that has adopted it.
pub(crate) fn parent_id() -> Option<u32> {
    Some(std::os::unix::process::parent_id())
}

/// Returns whether the calling thread is the one that runs `main`.
pub(crate) fn is_main_thread() -> bool {
    // The kernel's definition: the thread has the number of the process.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    return nix::unistd::gettid() == nix::unistd::getpid();
    // The standard library names it so, on every system.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    return std::thread::current().name() == Some("main");
}

/// Returns the maximum stack of `main` in bytes. `None` if there is no limit.
pub(crate) fn main_stack_limit() -> Option<usize> {
    limit(Resource::RLIMIT_STACK)
}

/// Returns the maximum address space of this process in bytes. `None` if there is no limit.
pub(crate) fn address_space_limit() -> Option<usize> {
    // FreeBSD names it otherwise.
    #[cfg(target_os = "freebsd")]
    return limit(Resource::RLIMIT_VMEM);
    // NetBSD and OpenBSD have no name for it here.
    #[cfg(any(target_os = "netbsd", target_os = "openbsd"))]
    return None;
    #[cfg(not(any(target_os = "freebsd", target_os = "netbsd", target_os = "openbsd")))]
    return limit(Resource::RLIMIT_AS);
}

fn limit(resource: Resource) -> Option<usize> {
    let (soft, _) = getrlimit(resource).ok()?;
    // The type differs between systems. A number that is out of range is no limit.
    (soft != RLIM_INFINITY).then(|| usize::try_from(soft).ok()).flatten()
}

/// Returns milliseconds on a clock that is cheaper than [`std::time::Instant`]. `None` if the system has none.
pub(crate) fn coarse_millis() -> Option<u64> {
    // Only Linux has the coarse clock. It costs a third of the precise one.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Ok(time) = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC_COARSE) {
        let (seconds, nanos) = (time.tv_sec().unsigned_abs(), time.tv_nsec().unsigned_abs());
        return Some(seconds * 1000 + nanos / 1_000_000);
    }
    None
}

/// Makes a file that only its owner may read.
///
/// # Errors
/// The file exists, or the system refuses it.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).custom_flags(O_NOFOLLOW).open(path)
}

/// Opens an existing file to append to it. Follows no link, and does not block on a pipe.
///
/// # Errors
/// There is no such file, or the system refuses it.
pub(crate) fn append_to_existing(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).custom_flags(O_NOFOLLOW | O_NONBLOCK).open(path)
}

/// Returns the bytes of a name. `None` if the system's names are not bytes, and this one is not Unicode.
pub(crate) fn name_as_bytes(name: &OsStr) -> Option<&[u8]> {
    Some(name.as_bytes())
}

/// Returns the name of these bytes, which are parts of [`name_as_bytes`].
pub(crate) fn name_from_bytes(bytes: Vec<u8>) -> Option<OsString> {
    Some(OsString::from_vec(bytes))
}
