//! Runs the `docker` command, and removes what it makes by guards.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::command::run;
use crate::{Unavailable, leftovers};

/// Runs `docker` with these arguments. Returns its stdout, or what went wrong.
pub(crate) fn docker<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> Result<String, String> {
    run("docker", words, &[])
}

/// Whether there is a daemon for us; asked once. The first question removes what killed runs left behind.
pub(crate) fn ready() -> Result<(), Unavailable> {
    static READY: OnceLock<Result<(), Unavailable>> = OnceLock::new();
    let ask = || {
        let system =
            docker(["version", "--format", "{{.Server.Os}}"]).map_err(|why| Unavailable::new("docker", why))?;
        if system != "linux" {
            return Err(Unavailable::new("docker", format!("it runs containers of {system}, not of Linux")));
        }
        leftovers::sweep();
        Ok(())
    };
    READY.get_or_init(ask).clone()
}

/// Refuses where the kernel cannot do this, by the field's name in `docker info` (`PidsLimit`, `CPUCfsQuota`):
/// docker itself would run the container without the limit.
pub fn supports(field: &str) -> Result<(), Unavailable> {
    let answer = docker(["info", "--format", &format!("{{{{.{field}}}}}")]);
    let answer = answer.map_err(|why| Unavailable::new("docker info", why))?;
    if answer == "true" { Ok(()) } else { Err(Unavailable::new(field, "this kernel does not support it")) }
}

/// Every name begins so.
pub(crate) const PREFIX: &str = "on-shutdown-";

/// Returns a name that is unique in this run and in all other runs at the same time.
pub(crate) fn unique(kind: &str) -> String {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    static RUN: OnceLock<String> = OnceLock::new();
    let run = RUN.get_or_init(|| format!("{}-{:08x}", std::process::id(), RandomState::new().hash_one(0) as u32));
    format!("{PREFIX}{run}-{kind}-{}", MADE.fetch_add(1, Ordering::Relaxed))
}

/// What docker can make for us.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Container,
    Image,
    Network,
    Volume,
}

impl Kind {
    /// Containers first: they hold the others.
    pub(crate) const ALL: [Self; 4] = [Self::Container, Self::Image, Self::Network, Self::Volume];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::Image => "image",
            Self::Network => "network",
            Self::Volume => "volume",
        }
    }

    pub(crate) fn remove(self, name: &str) -> Result<String, String> {
        match self {
            Self::Container => docker(["container", "rm", "--force", "--volumes", name]),
            Self::Image => docker(["image", "rm", "--force", name]),
            Self::Network | Self::Volume => docker([self.word(), "rm", name]),
        }
    }
}

/// Something of docker's with a name, removed when this is dropped.
pub(crate) struct Owned {
    pub(crate) kind: Kind,
    pub(crate) name: String,
}

impl Owned {
    /// The name first, so that it is removed even if making it fails half-way.
    pub(crate) fn named(kind: Kind) -> Self {
        Self { kind, name: unique(kind.word()) }
    }

    fn create(kind: Kind, flags: &[&str]) -> Self {
        let owned = Self::named(kind);
        let label = leftovers::label();
        let words = [kind.word(), "create", "--label", &label].into_iter().chain(flags.iter().copied());
        docker(words.chain([owned.name.as_str()])).unwrap_or_else(|why| panic!("{why}"));
        owned
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        match self.kind.remove(&self.name) {
            Err(why) if !why.to_lowercase().contains("no such") => eprintln!("left behind: {why}"),
            _ => {}
        }
    }
}

/// A network between containers.
pub struct Network(Owned);

impl Network {
    /// `flags` go to `docker network create`.
    pub fn create(flags: &[&str]) -> Self {
        Self(Owned::create(Kind::Network, flags))
    }

    pub fn name(&self) -> &str {
        &self.0.name
    }
}

/// A volume that outlives the containers which write to it.
pub struct Volume(Owned);

impl Volume {
    pub fn create() -> Self {
        Self::with(&[])
    }

    /// `flags` go to `docker volume create`.
    pub fn with(flags: &[&str]) -> Self {
        Self(Owned::create(Kind::Volume, flags))
    }

    pub fn name(&self) -> &str {
        &self.0.name
    }
}
