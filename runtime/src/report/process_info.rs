//! Identifies the process that a report is about.

use std::fmt;
use std::path::PathBuf;
use std::sync::OnceLock;

use super::OneLine;
use crate::os;

/// The process that a report is about, so that a report can be found among those of a fleet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProcessInfo {
    /// The name by which the program was started, without its folder. If it was started without a name, that of its file.
    pub name: String,
    /// The version of the program: that of the package with `#[on_shutdown::main]`, otherwise what
    /// [`Settings::version`](crate::Settings::version) says.
    pub version: Option<String>,
    /// The process id. In a container, it is that of the container's namespace: mostly 1. Zero on wasm, which has no processes.
    pub pid: u32,
    /// The name of the host. In a container, it is the container's: on Kubernetes the name of the pod.
    pub host: Option<String>,
}

static CURRENT: OnceLock<ProcessInfo> = OnceLock::new();

impl ProcessInfo {
    /// Records this process, whose program has this version. Called at install: at the trigger the host may have another
    /// name.
    pub(crate) fn record(version: Option<String>) {
        // The first install that succeeds, or an earlier scope, has recorded it.
        let _ = CURRENT.set(Self::read(version));
    }

    /// Returns this process.
    pub(crate) fn current() -> Self {
        // The process id is that of now, because a child that was forked has another.
        Self { pid: os::process_id(), ..CURRENT.get_or_init(|| Self::read(None)).clone() }
    }

    fn read(version: Option<String>) -> Self {
        let started_as = std::env::args_os().next().map(PathBuf::from).filter(|path| path.file_name().is_some());
        let path = started_as.or_else(|| std::env::current_exe().ok()).unwrap_or_default();
        Self {
            name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            version: version.filter(|version| !version.is_empty()),
            pid: os::process_id(),
            host: os::host_name(),
        }
    }
}

/// Writes `orders 1.4.2, pid 1 on web-7f9c`.
impl fmt::Display for ProcessInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, version, pid, host } = self;
        write!(f, "{}", OneLine(name))?;
        version.iter().try_for_each(|version| write!(f, " {}", OneLine(version)))?;
        if *pid != 0 {
            write!(f, ", pid {pid}")?;
        }
        host.iter().try_for_each(|host| write!(f, " on {}", OneLine(host)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_named_with_what_is_known() {
        let known =
            ProcessInfo { name: "orders".into(), version: Some("1.4.2".into()), pid: 7, host: Some("web".into()) };
        assert_eq!(known.to_string(), "orders 1.4.2, pid 7 on web");
        let odd = ProcessInfo { name: "a\nb".into(), version: None, pid: 1, host: None };
        assert_eq!(odd.to_string(), r"a\nb, pid 1");
        let wasm = ProcessInfo { name: "orders.wasm".into(), version: None, pid: 0, host: None };
        assert_eq!(wasm.to_string(), "orders.wasm");
        assert_eq!(ProcessInfo::current().pid, std::process::id());
    }
}
