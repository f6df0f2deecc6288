//! An image and the flags of `docker run` in, a container out, which can be waited for, signalled and stopped.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::docker::{Kind, Owned, docker};
use crate::ended::Ended;
use crate::image::Image;
use crate::leftovers;
use crate::log::{self, Follow};

/// How a container is to be started.
#[derive(Clone, Debug, Default)]
pub struct Run {
    flags: Vec<String>,
    command: Vec<String>,
    network: Option<String>,
}

impl Run {
    pub fn new() -> Self {
        Self::default()
    }

    /// A flag of `docker run`, such as `--init` or `--memory=32m`.
    pub fn flag(mut self, flag: &str) -> Self {
        self.flags.push(flag.to_owned());
        self
    }

    /// An environment variable.
    pub fn env(self, name: &str, value: &str) -> Self {
        self.flag(&format!("--env={name}={value}"))
    }

    /// The network; none unless set.
    pub fn network(mut self, name: &str) -> Self {
        self.network = Some(name.to_owned());
        self
    }

    /// What to run instead of the image's own command, in exec form.
    pub fn command(mut self, words: &[&str]) -> Self {
        self.command = words.iter().map(|word| (*word).to_owned()).collect();
        self
    }

    /// Starts a container, detached.
    #[track_caller]
    pub fn start(&self, image: &Arc<Image>) -> Container {
        let owned = Owned::named(Kind::Container);
        let (label, network) = (leftovers::label(), self.network.as_deref().unwrap_or("none"));
        let words = ["run", "--detach", "--name", &owned.name, "--label", &label, "--network", network];
        let words = words.into_iter().chain(self.flags.iter().map(String::as_str)).chain([image.name()]);
        docker(words.chain(self.command.iter().map(String::as_str))).unwrap_or_else(|why| panic!("{why}"));
        let follow = Follow::of(&owned.name);
        Container { follow, owned, _image: Arc::clone(image), asked: OnceLock::new() }
    }

    /// Starts a container, and waits until its program says `ready`.
    #[track_caller]
    pub fn ready(&self, image: &Arc<Image>) -> Container {
        let container = self.start(image);
        container.wait_for("ready");
        container
    }
}

/// A container that was started; removed when it is dropped, its image thereafter.
pub struct Container {
    follow: Follow,
    owned: Owned,
    _image: Arc<Image>,
    /// When it was first asked to end.
    asked: OnceLock<Instant>,
}

impl Container {
    pub fn name(&self) -> &str {
        &self.owned.name
    }

    /// Waits for a line of its log that contains the text.
    #[track_caller]
    pub fn wait_for(&self, text: &str) -> String {
        self.follow.wait_for(text).unwrap_or_else(|why| panic!("{why}"))
    }

    /// `docker stop`, with docker's own grace period of 10 s. Returns when the container has ended.
    #[track_caller]
    pub fn stop(&self) -> &Self {
        self.asked.get_or_init(Instant::now);
        self.call(&["stop"])
    }

    /// `docker stop --time`, in seconds. Returns when the container has ended.
    #[track_caller]
    pub fn stop_within(&self, seconds: u64) -> &Self {
        self.asked.get_or_init(Instant::now);
        self.call(&["stop", "--time", &seconds.to_string()])
    }

    /// Sends a signal, `TERM` for instance, to its PID 1. Returns at once.
    #[track_caller]
    pub fn kill(&self, signal: &str) -> &Self {
        self.asked.get_or_init(Instant::now);
        self.call(&["kill", "--signal", signal])
    }

    /// Any other command of docker's for this container, such as `pause` or `update --pids-limit 1`.
    #[track_caller]
    pub fn call(&self, words: &[&str]) -> &Self {
        docker(words.iter().copied().chain([self.name()])).unwrap_or_else(|why| panic!("{why}"));
        self
    }

    /// Where this machine reaches a port that was published by a flag such as `--publish=127.0.0.1::8080`.
    #[track_caller]
    pub fn published(&self, port: u16) -> SocketAddr {
        let answer = docker(["port", self.name(), &port.to_string()]).unwrap_or_else(|why| panic!("{why}"));
        answer.parse().unwrap_or_else(|_| panic!("port {port} is published at `{answer}`"))
    }

    /// Waits for its end.
    #[track_caller]
    pub fn wait(&self) -> Ended {
        let code = docker(["wait", self.name()]).unwrap_or_else(|why| panic!("{why}"));
        let took = self.asked.get().map_or(Duration::ZERO, Instant::elapsed);
        let exit_code = code.parse().unwrap_or_else(|_| panic!("`{code}` is not an exit code"));
        println!("{}: exit code {exit_code}, {took:.2?} after it was asked to stop", self.owned.name);
        Ended { exit_code, took, log: log::whole(self.name()) }
    }
}
