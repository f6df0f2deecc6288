//! Answers on Windows, on wasm, and on systems that are not known, with the standard library alone.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// The stack that linkers of Windows give `main`. More than wasm gives it.
const MAIN_STACK: usize = 1024 * 1024;

/// Returns the name of the host, which Windows has in the environment. `None` on other systems.
pub(crate) fn host_name() -> Option<String> {
    std::env::var("COMPUTERNAME").ok().filter(|name| !name.is_empty())
}

/// Whether there is a clock. The one of the standard library panics on a target that has none.
pub(crate) const HAS_CLOCK: bool = cfg!(not(all(target_family = "wasm", target_os = "unknown")));

/// Whether the target has threads. wasm has them if it is compiled with atomics.
pub(crate) const HAS_THREADS: bool = cfg!(not(all(target_family = "wasm", not(target_feature = "atomics"))));

/// Whether a panic ends the process in every program. wasm has no other panic strategy.
pub(crate) const ALWAYS_ABORTS: bool = cfg!(target_family = "wasm");

/// Returns the id of this process. Zero on wasm, where the standard library panics instead.
pub(crate) fn process_id() -> u32 {
    if cfg!(target_family = "wasm") { 0 } else { std::process::id() }
}

/// Returns `None`: the standard library does not know the parent.
pub(crate) fn parent_id() -> Option<u32> {
    None
}

/// Returns whether the calling thread is the one that runs `main`. The standard library names it so.
pub(crate) fn is_main_thread() -> bool {
    std::thread::current().name() == Some("main")
}

/// Returns the usual maximum stack of `main` in bytes: no limit of the process says it.
pub(crate) fn main_stack_limit() -> Option<usize> {
    Some(MAIN_STACK)
}

/// Returns `None`: there is no such limit.
pub(crate) fn address_space_limit() -> Option<usize> {
    None
}

/// Returns `None`: there is no clock that is cheaper than [`std::time::Instant`].
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub(crate) fn coarse_millis() -> Option<u64> {
    None
}

/// Returns zero at all times: this target has no clock, and the one of the standard library panics.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub(crate) fn coarse_millis() -> Option<u64> {
    Some(0)
}

/// Makes a file. It has the permissions of its folder.
///
/// # Errors
/// The file exists, or the system refuses it.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

/// Opens no file: the standard library has no way to open one without following links.
///
/// # Errors
/// Always.
pub(crate) fn append_to_existing(_path: &Path) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Returns the bytes of a name. `None` if the system's names are not bytes, and this one is not Unicode.
pub(crate) fn name_as_bytes(name: &OsStr) -> Option<&[u8]> {
    name.to_str().map(str::as_bytes)
}

/// Returns the name of these bytes, which are parts of [`name_as_bytes`].
pub(crate) fn name_from_bytes(bytes: Vec<u8>) -> Option<OsString> {
    String::from_utf8(bytes).ok().map(OsString::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_its_bytes_and_comes_back_from_its_parts() {
        for name in ["report.{pid}.json", "", "Bericht ü.txt"] {
            let bytes = name_as_bytes(OsStr::new(name)).map(<[u8]>::to_vec);
            assert_eq!(bytes.and_then(name_from_bytes), Some(OsString::from(name)));
        }
        assert_eq!(name_from_bytes(b"\xff".to_vec()), None);
        #[cfg(unix)]
        assert_eq!(name_as_bytes(std::os::unix::ffi::OsStrExt::from_bytes(b"\xff")), None, "not a wrong name");
    }

    #[test]
    fn a_report_does_not_overwrite_a_file_and_no_link_is_followed() {
        let path = std::env::temp_dir().join(format!("on-shutdown-other-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        assert!(create_private(&path).is_ok());
        assert_eq!(create_private(&path).map_err(|error| error.kind()).err(), Some(io::ErrorKind::AlreadyExists));
        assert_eq!(append_to_existing(&path).map_err(|error| error.kind()).err(), Some(io::ErrorKind::Unsupported));
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn what_the_system_cannot_say_is_none() {
        assert_eq!((parent_id(), address_space_limit(), coarse_millis()), (None, None, None));
        assert_eq!(main_stack_limit(), Some(MAIN_STACK));
    }
}
