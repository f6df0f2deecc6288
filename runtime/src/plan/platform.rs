//! Detects the platform that stops this program, from environment variables and files, and knows its grace period.
//!
//! No platform tells a program its grace period, but each one can be detected and has a default. If the deployment
//! sets another grace period, the program or `ON_SHUTDOWN_GRACE_PERIOD` must set it, too.

use std::path::Path;
use std::time::Duration;

use crate::os;

/// A platform that stops programs by a signal and kills them after a grace period.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use on_shutdown::Platform;
///
/// assert_eq!(Platform::Kubernetes.name(), "Kubernetes");
/// assert_eq!(Platform::Kubernetes.grace_period(), Duration::from_secs(30));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Platform {
    /// Fly.io.
    FlyIo,
    /// HashiCorp Nomad.
    Nomad,
    /// Kubernetes.
    Kubernetes,
    /// Amazon ECS, on EC2 or Fargate.
    AmazonEcs,
    /// Heroku.
    Heroku,
    /// Render.
    Render,
    /// Azure Container Apps.
    AzureContainerApps,
    /// Google Cloud Run.
    CloudRun,
    /// systemd, for the main process of a service.
    Systemd,
    /// docker, also below compose and swarm.
    Docker,
}

/// The way to detect a platform.
#[derive(Clone, Copy)]
enum Marker {
    /// An environment variable that the platform sets in every instance.
    Variable(&'static str),
    /// A file that the platform creates in every container.
    File(&'static str),
    /// The variables of systemd. Every process below a service inherits them, so more must be checked.
    SystemdService,
}

use Marker::{File, SystemdService, Variable};

/// The variable that systemd sets for every service.
const SYSTEMD_VARIABLE: &str = "INVOCATION_ID";

impl Platform {
    /// Every platform, in the order of detection.
    ///
    /// A platform that runs its instances in docker containers comes before docker. systemd comes before docker, too:
    /// systemd may be PID 1 of a container, and then systemd stops the service.
    const ALL: [Self; 10] = [
        Self::FlyIo,
        Self::Nomad,
        Self::Kubernetes,
        Self::AmazonEcs,
        Self::Heroku,
        Self::Render,
        Self::AzureContainerApps,
        Self::CloudRun,
        Self::Systemd,
        Self::Docker,
    ];

    /// Returns the name, the marker, and the default grace period in seconds.
    ///
    /// Sources, as of 2026: Fly.io `kill_timeout`; Nomad `kill_timeout`; Kubernetes `terminationGracePeriodSeconds`;
    /// Amazon ECS `stopTimeout`; Heroku "dyno shutdown"; Render "zero-downtime deploys"; Azure Container Apps
    /// `terminationGracePeriodSeconds`; Google Cloud Run "container runtime contract"; systemd
    /// `DefaultTimeoutStopSec`; `docker stop`, `stop_grace_period` of compose and swarm.
    const fn properties(self) -> (&'static str, Marker, u64) {
        match self {
            Self::FlyIo => ("Fly.io", Variable("FLY_APP_NAME"), 5),
            Self::Nomad => ("Nomad", Variable("NOMAD_ALLOC_ID"), 5),
            Self::Kubernetes => ("Kubernetes", Variable("KUBERNETES_SERVICE_HOST"), 30),
            Self::AmazonEcs => ("Amazon ECS", Variable("ECS_CONTAINER_METADATA_URI_V4"), 30),
            Self::Heroku => ("Heroku", Variable("DYNO"), 30),
            Self::Render => ("Render", Variable("RENDER"), 30),
            Self::AzureContainerApps => ("Azure Container Apps", Variable("CONTAINER_APP_REVISION"), 30),
            Self::CloudRun => ("Cloud Run", Variable("K_SERVICE"), 10),
            Self::Systemd => ("systemd", SystemdService, 90),
            Self::Docker => ("docker", File("/.dockerenv"), 10),
        }
    }

    /// Returns the name of the platform: `Kubernetes`, `systemd`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.properties().0
    }

    /// Returns the environment variable or the file by which the platform is detected.
    #[must_use]
    pub fn marker(&self) -> &'static str {
        match self.properties().1 {
            Variable(name) | File(name) => name,
            SystemdService => SYSTEMD_VARIABLE,
        }
    }

    /// Returns the default time between the platform's signal and its SIGKILL.
    #[must_use]
    pub fn grace_period(&self) -> Duration {
        Duration::from_secs(self.properties().2)
    }

    /// Returns the platform that this process runs on, or `None` if it cannot be detected.
    pub(crate) fn infer() -> Option<Self> {
        // A blank variable counts as not set, as everywhere in this crate.
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        let environment = Environment { variable: &variable, file: &|path| path.exists() };
        environment.infer(os::process_id(), os::parent_id())
    }
}

/// The variables and files in which [`Environment::infer`] looks for markers.
struct Environment<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    file: &'a dyn Fn(&Path) -> bool,
}

impl Environment<'_> {
    fn infer(&self, own_pid: u32, parent_pid: Option<u32>) -> Option<Platform> {
        Platform::ALL.into_iter().find(|platform| match platform.properties().1 {
            Variable(variable) => (self.variable)(variable).is_some(),
            File(path) => (self.file)(Path::new(path)),
            SystemdService => self.is_systemd_service(own_pid, parent_pid),
        })
    }

    /// Returns whether this is the main process of a systemd service.
    ///
    /// A terminal in a desktop session has systemd's variables, too. So the process id must be the one that systemd
    /// started (systemd 248 and later set it), or systemd must be the parent.
    fn is_systemd_service(&self, own_pid: u32, parent_pid: Option<u32>) -> bool {
        let is_main_process = match (self.variable)("SYSTEMD_EXEC_PID") {
            Some(started) => started == own_pid.to_string(),
            None => parent_pid == Some(1),
        };
        (self.variable)(SYSTEMD_VARIABLE).is_some() && is_main_process
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inferred(variables: &[(&str, &str)], docker: bool) -> Option<(&'static str, u64)> {
        let variable =
            |name: &str| variables.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned());
        let environment = Environment { variable: &variable, file: &|_| docker };
        environment.infer(17, Some(4)).map(|platform| (platform.name(), platform.grace_period().as_secs()))
    }

    #[test]
    fn spec_3_10_a_platform_is_detected_by_its_marker() {
        assert_eq!(inferred(&[], false), None);
        assert_eq!(inferred(&[], true), Some(("docker", 10)));
        assert_eq!(inferred(&[("KUBERNETES_SERVICE_HOST", "10.0.0.1")], false), Some(("Kubernetes", 30)));
        assert_eq!(inferred(&[("DYNO", "web.1")], false), Some(("Heroku", 30)));
        // ECS runs its instances in docker containers.
        assert_eq!(inferred(&[("ECS_CONTAINER_METADATA_URI_V4", "http://..")], true), Some(("Amazon ECS", 30)));
        assert_eq!(inferred(&[("FLY_APP_NAME", "app")], true), Some(("Fly.io", 5)));
    }

    /// Users read `docs/platforms/README.md`.
    #[test]
    fn spec_3_10_the_page_has_the_same_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/platforms/README.md");
        let page = std::fs::read_to_string(path).unwrap_or_default();
        let (_, rest) = page.split_once(": begin -->\n").unwrap_or_default();
        let (table, _) = rest.split_once("<!-- end -->").unwrap_or_default();
        let row = |platform: &Platform| {
            let (name, seconds, marker) = (platform.name(), platform.grace_period().as_secs(), platform.marker());
            format!("| {name} | {seconds} s | `{marker}` |")
        };
        let rows: Vec<String> = Platform::ALL.iter().map(row).collect();
        assert_eq!(table.lines().skip(2).collect::<Vec<_>>(), rows);
    }

    #[test]
    fn spec_3_10_systemd_is_detected_only_by_the_main_process_of_a_service() {
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
