//! Starts a container from an image and the flags of `docker run`. The container can be waited for, signalled and
//! stopped.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::docker::{Kind, Owned, docker};
use crate::ended::Ended;
use crate::image::Image;
use crate::leftovers;
use crate::lock::{self, Lock, What};
use crate::log::{self, Follow};

/// How a container is to be started.
#[derive(Clone, Debug, Default)]
pub struct Run {
    flags: Vec<String>,
    command: Vec<String>,
    network: Option<String>,
    ports: Vec<u16>,
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

    /// A port that this machine is to reach, at an address that docker chooses; see [`Container::published`].
    pub fn publish(mut self, port: u16) -> Self {
        self.ports.push(port);
        self.flag(&format!("--publish=127.0.0.1::{port}"))
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
        let words = words.chain(self.command.iter().map(String::as_str));
        let lock = (!self.ports.is_empty()).then(|| lock::shared(What::Ports).unwrap_or_else(|why| panic!("{why}")));
        docker(words).unwrap_or_else(|why| panic!("{why}"));
        let ports = self.ports.iter().map(|port| (*port, look_up(&owned.name, *port))).collect();
        let follow = Follow::of(&owned.name);
        Container { follow, owned, _image: Arc::clone(image), ports, _lock: lock, asked: OnceLock::new() }
    }

    /// Starts a container, and waits until its program says `ready`.
    #[track_caller]
    pub fn ready(&self, image: &Arc<Image>) -> Container {
        let container = self.start(image);
        container.wait_for("ready");
        container
    }
}

/// Where docker published a port of a container that runs.
#[track_caller]
fn look_up(container: &str, port: u16) -> SocketAddr {
    let answer = docker(["port", container, &port.to_string()]).unwrap_or_else(|why| panic!("{why}"));
    answer.parse().unwrap_or_else(|_| panic!("port {port} is published at `{answer}`"))
}

/// A container that was started; removed when it is dropped, its image thereafter.
pub struct Container {
    follow: Follow,
    owned: Owned,
    _image: Arc<Image>,
    ports: Vec<(u16, SocketAddr)>,
    _lock: Option<Lock>,
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

    /// Where this machine reaches a port of [`Run::publish`].
    #[track_caller]
    pub fn published(&self, port: u16) -> SocketAddr {
        let found = self.ports.iter().find(|(own, _)| *own == port);
        found.unwrap_or_else(|| panic!("port {port} was not published")).1
    }

    /// How often docker has started it again, under `--restart`.
    #[track_caller]
    pub fn restarts(&self) -> u32 {
        let answer = docker(["inspect", "--format", "{{.RestartCount}}", self.name()]);
        let answer = answer.unwrap_or_else(|why| panic!("{why}"));
        answer.parse().unwrap_or_else(|_| panic!("`{answer}` is not a number"))
    }

    /// The exit codes of all its ends until now. Docker may leave out those of the last second.
    #[track_caller]
    pub fn exit_codes(&self) -> Vec<i32> {
        let container = format!("container={}", self.name());
        let format = "{{.Actor.Attributes.exitCode}}";
        let words = ["events", "--since", "1h", "--until", "0s", "--filter", &container, "--filter", "event=die"];
        let answer = docker(words.into_iter().chain(["--format", format])).unwrap_or_else(|why| panic!("{why}"));
        answer.lines().map(|line| line.parse().unwrap_or_else(|_| panic!("`{line}` is not an exit code"))).collect()
    }

    /// All that its program has said until now, in all its lives.
    pub fn log_so_far(&self) -> Vec<String> {
        log::so_far(self.name())
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
