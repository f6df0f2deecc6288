//! Beside the road: the environment in, the platform that stops this program and its default grace period out.
//!
//! No platform tells the grace period itself to the program; each gives away which one it is, and has a default.
//! Where the deployment sets another one, the program or `ON_SHUTDOWN_GRACE_PERIOD` must say so.

use std::path::Path;
use std::time::Duration;

/// A platform, what gives it away, and how long it waits between its signal and SIGKILL unless told otherwise.
struct Known {
    name: &'static str,
    marker: Marker,
    seconds: u64,
}

enum Marker {
    /// An environment variable that the platform sets in every instance.
    Variable(&'static str),
    /// A file that it puts into every container.
    File(&'static str),
    /// systemd's variables, which everything below a service inherits, so that more must hold.
    SystemdService,
}

use Marker::{File, SystemdService, Variable};

/// In this order: those that run their instances in containers of another kind stand before that kind, and so does
/// systemd, which may be PID 1 of a container and then is who stops the service.
///
/// Sources, as of 2026: Fly.io `kill_timeout`; Nomad `kill_timeout`; Kubernetes `terminationGracePeriodSeconds`; Amazon
/// ECS `stopTimeout`; Heroku "dyno shutdown"; Render "zero-downtime deploys"; Azure Container Apps
/// `terminationGracePeriodSeconds`; Google Cloud Run "container runtime contract"; systemd `DefaultTimeoutStopSec`;
/// `docker stop`, `stop_grace_period` of compose and swarm.
const TABLE: [Known; 10] = [
    Known { name: "Fly.io", marker: Variable("FLY_APP_NAME"), seconds: 5 },
    Known { name: "Nomad", marker: Variable("NOMAD_ALLOC_ID"), seconds: 5 },
    Known { name: "Kubernetes", marker: Variable("KUBERNETES_SERVICE_HOST"), seconds: 30 },
    Known { name: "Amazon ECS", marker: Variable("ECS_CONTAINER_METADATA_URI_V4"), seconds: 30 },
    Known { name: "Heroku", marker: Variable("DYNO"), seconds: 30 },
    Known { name: "Render", marker: Variable("RENDER"), seconds: 30 },
    Known { name: "Azure Container Apps", marker: Variable("CONTAINER_APP_REVISION"), seconds: 30 },
    Known { name: "Cloud Run", marker: Variable("K_SERVICE"), seconds: 10 },
    Known { name: "systemd", marker: SystemdService, seconds: 90 },
    Known { name: "docker", marker: File("/.dockerenv"), seconds: 10 },
];

/// The platform that stops this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Platform {
    name: &'static str,
    marker: &'static str,
    seconds: u64,
}

impl Platform {
    /// Its name, as people know it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What gave it away: an environment variable or a file.
    #[must_use]
    pub fn marker(&self) -> &'static str {
        self.marker
    }

    /// How long it waits between its signal and SIGKILL, unless told otherwise.
    #[must_use]
    pub fn grace_period(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// The platform that this process runs on, if it gives itself away.
    pub(crate) fn infer() -> Option<Self> {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        let world = World { variable: &set, file: &|path| path.exists() };
        world.infer(std::process::id(), std::os::unix::process::parent_id())
    }
}

/// Where markers are looked for.
struct World<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    file: &'a dyn Fn(&Path) -> bool,
}

impl World<'_> {
    fn infer(&self, own: u32, parent: u32) -> Option<Platform> {
        TABLE.iter().find_map(|Known { name, marker, seconds }| {
            let marker = match marker {
                Variable(variable) => (self.variable)(variable).map(|_| *variable),
                File(path) => (self.file)(Path::new(path)).then_some(*path),
                SystemdService => self.systemd_service(own, parent),
            };
            marker.map(|marker| Platform { name, marker, seconds: *seconds })
        })
    }

    /// A terminal in a desktop session has systemd's variables, too: it is the main process of a service only if its
    /// number is the one that systemd started (from version 248 on) or if systemd is its parent.
    fn systemd_service(&self, own: u32, parent: u32) -> Option<&'static str> {
        (self.variable)("INVOCATION_ID")?;
        let main = match (self.variable)("SYSTEMD_EXEC_PID") {
            Some(started) => started == own.to_string(),
            None => parent == 1,
        };
        main.then_some("INVOCATION_ID")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inferred(variables: &[(&str, &str)], docker: bool) -> Option<(&'static str, u64)> {
        let variable =
            |name: &str| variables.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned());
        let world = World { variable: &variable, file: &|_| docker };
        world.infer(17, 4).map(|platform| (platform.name, platform.seconds))
    }

    #[test]
    fn spec_3_10_the_platform_is_known_by_its_marker() {
        assert_eq!(inferred(&[], false), None);
        assert_eq!(inferred(&[], true), Some(("docker", 10)));
        assert_eq!(inferred(&[("KUBERNETES_SERVICE_HOST", "10.0.0.1")], false), Some(("Kubernetes", 30)));
        assert_eq!(inferred(&[("DYNO", "web.1")], false), Some(("Heroku", 30)));
        // Its instances are containers of docker's kind, which it says first.
        assert_eq!(inferred(&[("ECS_CONTAINER_METADATA_URI_V4", "http://..")], true), Some(("Amazon ECS", 30)));
        assert_eq!(inferred(&[("FLY_APP_NAME", "app")], true), Some(("Fly.io", 5)));
    }

    /// `docs/platforms/README.md` is what people read.
    #[test]
    fn spec_3_10_the_page_has_the_same_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/platforms/README.md");
        let page = std::fs::read_to_string(path).unwrap_or_default();
        let (_, rest) = page.split_once(": begin -->\n").unwrap_or_default();
        let (table, _) = rest.split_once("<!-- end -->").unwrap_or_default();
        let row = |known: &Known| {
            let marker = match known.marker {
                Variable(name) | File(name) => name,
                SystemdService => "INVOCATION_ID",
            };
            format!("| {} | {} s | `{marker}` |", known.name, known.seconds)
        };
        let rows: Vec<String> = TABLE.iter().map(row).collect();
        assert_eq!(table.lines().skip(2).collect::<Vec<_>>(), rows);
    }

    #[test]
    fn spec_3_10_systemd_is_believed_for_the_main_process_of_a_service_only() {
        let unit = ("INVOCATION_ID", "4ec7");
        assert_eq!(inferred(&[unit, ("SYSTEMD_EXEC_PID", "17")], false), Some(("systemd", 90)));
        assert_eq!(inferred(&[unit, ("SYSTEMD_EXEC_PID", "3")], false), None);
        assert_eq!(inferred(&[unit], false), None);
        assert_eq!(inferred(&[("SYSTEMD_EXEC_PID", "17")], false), None);
        // In a container systemd stops its services, and docker stops systemd.
        assert_eq!(inferred(&[unit, ("SYSTEMD_EXEC_PID", "17")], true), Some(("systemd", 90)));
        assert_eq!(inferred(&[unit, ("SYSTEMD_EXEC_PID", "3")], true), Some(("docker", 10)));
    }
}
