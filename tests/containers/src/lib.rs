//! Puts a static program of this package into an image, runs it with the real docker daemon, and stops it. The tests
//! check its exit code, its log and coarse times.
//!
//! A test is a closure for [`in_docker`]. What it makes (images, containers, networks, volumes) is removed when the
//! value is dropped, also when the test fails; what a killed run left behind is removed by the next one, an hour later.
//! Every name and label is this run's own, so two runs may go on at once.

use std::fmt::{self, Display};
use std::io::Write;

pub use binary::Program;
pub use compose::Project;
pub use container::{Container, Run};
pub use debian::{find_or_install, promtool};
pub use demonstration::{Figure, SCENARIOS, Scenario};
pub use docker::{Network, Volume, supports};
pub use ended::Ended;
pub use etcd::Etcd;
pub use example::{CONSUMER, Example, REGISTRY, REPLICA, WRITER};
pub use http::{Connections, get};
pub use image::{Image, Recipe, repository};
pub use leftovers::{BORN, sweep};
pub use listed::{Departure, REGISTRY_TTL, RegistryFigures, departure, registry_figures};
pub use load::{Load, Tally};
pub use python::installed;
pub use records::{Senders, found};
pub use redis_server::RedisServer;
pub use replicas::Replicas;
pub use subnet::Subnet;
pub use swarm::{Stack, Swarm};
pub use systemd::Systemd;
pub use written::{Kept, WriterFigures, writer_figures};

mod address;
mod binary;
mod command;
mod compose;
mod container;
mod debian;
mod demonstration;
mod docker;
mod ended;
mod etcd;
mod example;
pub mod gateway;
mod http;
mod image;
mod leftovers;
mod listed;
mod load;
mod lock;
mod log;
mod python;
mod records;
mod redis_server;
mod replicas;
mod slots;
mod subnet;
mod swarm;
mod systemd;
mod written;

/// With this variable set to `1` a test that cannot run here fails.
pub const REQUIRE: &str = "ON_SHUTDOWN_REQUIRE_DOCKER";

/// Why a test cannot run here: no docker, no permission, no network for a package, an image that cannot be built.
#[derive(Clone, Debug)]
pub struct Unavailable(String);

impl Unavailable {
    pub fn new(what: impl Display, why: impl Display) -> Self {
        Self(format!("{what}: {why}"))
    }
}

impl Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Runs a test that needs the daemon. Where it cannot run it prints `skipped: <reason>`, and passes unless [`REQUIRE`]d.
///
/// Few run at the same time, so that each has the processor that its times suppose.
#[track_caller]
pub fn in_docker(test: impl FnOnce() -> Result<(), Unavailable>) {
    let _slot = slots::take();
    if_available(|| docker::ready().and_then(|()| test()));
}

/// The same for a test that needs something else than the daemon.
#[track_caller]
pub fn if_available(test: impl FnOnce() -> Result<(), Unavailable>) {
    if let Err(Unavailable(reason)) = test() {
        let required = std::env::var_os(REQUIRE).is_some_and(|value| value == "1");
        assert!(!required, "{REQUIRE}=1, but it cannot run: {reason}");
        // Not `println!`, which shows nothing of a test that passes.
        let _ = writeln!(std::io::stderr(), "skipped: {reason}");
    }
}
