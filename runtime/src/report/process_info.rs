//! Identifies the process that a report is about.

use std::fmt;
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use super::OneLine;

/// The process that a report is about, so that a report can be found among those of a fleet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProcessInfo {
    /// The name by which the program was started, without its folder. Empty in the reports of
    /// [`testing`](crate#testing).
    pub name: String,
    /// The version of the program: that of the package with `#[on_shutdown::main]`, otherwise what
    /// [`Settings::version`](crate::Settings::version) says.
    pub version: Option<String>,
    /// The process id. In a container, it is that of the container's namespace: mostly 1.
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
        Self { pid: std::process::id(), ..CURRENT.get_or_init(|| Self::read(None)).clone() }
    }

    fn read(version: Option<String>) -> Self {
        let started_as = std::env::args_os().next();
        let name = started_as.as_deref().and_then(|path| Path::new(path).file_name());
        Self {
            name: name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
            version: version.filter(|version| !version.is_empty()),
            pid: std::process::id(),
            host: nix::unistd::gethostname().ok().map(|name| name.to_string_lossy().into_owned()),
        }
    }
}

/// Writes `orders 1.4.2, pid 1 on web-7f9c`.
impl fmt::Display for ProcessInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, version, pid, host } = self;
        write!(f, "{}", OneLine(name))?;
        version.iter().try_for_each(|version| write!(f, " {}", OneLine(version)))?;
        write!(f, ", pid {pid}")?;
        host.iter().try_for_each(|host| write!(f, " on {}", OneLine(host)))
    }
}

/// Returns the time as RFC 3339 in UTC, with milliseconds. `None` for a clock that is wrong: before 1970 or after 9999.
pub(crate) fn utc(time: SystemTime) -> Option<impl fmt::Display> {
    in_range(time).map(humantime::format_rfc3339_millis)
}

/// Returns the time as [`utc`] does, with microseconds.
#[cfg(feature = "json")]
pub(crate) fn utc_micros(time: SystemTime) -> Option<impl fmt::Display> {
    in_range(time).map(humantime::format_rfc3339_micros)
}

/// Cuts off what is less than a microsecond. A number of seconds with 64 bits holds no more, so a report that is read from
/// JSON has the same time.
pub(crate) fn whole_micros(time: SystemTime) -> SystemTime {
    let nanos = time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.subsec_nanos() % 1_000);
    time.checked_sub(Duration::from_nanos(nanos.into())).unwrap_or(time)
}

fn in_range(time: SystemTime) -> Option<SystemTime> {
    /// The beginning of the year 10000, in seconds since 1970. humantime formats no later times.
    const END: Duration = Duration::from_secs(253_402_300_800);
    time.duration_since(SystemTime::UNIX_EPOCH).is_ok_and(|since| since < END).then_some(time)
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
        assert_eq!(ProcessInfo::current().pid, std::process::id());
    }

    #[test]
    fn a_clock_that_is_wrong_has_no_text() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        assert_eq!(utc(at(1_790_000_000)).map(|time| time.to_string()).as_deref(), Some("2026-09-21T14:13:20.000Z"));
        assert!(utc(at(253_402_300_800)).is_none());
        let odd = at(1) + Duration::from_nanos(1_234_567);
        assert_eq!(whole_micros(odd), at(1) + Duration::from_micros(1_234));
        assert!(utc(SystemTime::UNIX_EPOCH - Duration::from_secs(1)).is_none());
    }
}
