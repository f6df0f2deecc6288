//! Locks what only one test may do at a time on this machine. Other runs of the tests respect the lock.

use std::fs::File;

use nix::fcntl::{Flock, FlockArg};

/// Held until it is dropped; a run that is killed lets it go.
pub(crate) struct Lock(#[expect(dead_code, reason = "it is held, not looked at")] Flock<File>);

/// What is locked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum What {
    /// apt-get does not wait for another apt-get.
    Apt,
    /// An environment of Python's, while it is filled.
    Python,
    /// A daemon is in one swarm.
    Swarm,
    /// When a swarm begins or ends, docker 20.10 may lose published ports of containers (seen with the networks of
    /// docker-compose: `docker port` is empty, and connections are refused). So no swarm runs at the same time as such
    /// containers.
    Ports,
}

/// Waits until no other process holds the lock.
pub(crate) fn alone(what: What) -> Result<Lock, String> {
    take(what, FlockArg::LockExclusive)
}

/// Waits until no other process holds the lock exclusively.
pub(crate) fn shared(what: What) -> Result<Lock, String> {
    take(what, FlockArg::LockShared)
}

fn take(what: What, how: FlockArg) -> Result<Lock, String> {
    let path = std::env::temp_dir().join(format!("on-shutdown-tests-{what:?}.lock").to_lowercase());
    let refused = |why: String| format!("{}: {why}", path.display());
    let file = File::create(&path).map_err(|error| refused(error.to_string()))?;
    Flock::lock(file, how).map(Lock).map_err(|(_, error)| refused(error.to_string()))
}
