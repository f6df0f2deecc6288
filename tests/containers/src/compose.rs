//! Runs a compose file with docker-compose as a project that can be restarted and taken down.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::binary::target_tmp;
use crate::command::run;
use crate::docker::{docker, unique};
use crate::image::{Folder, Image, repository};
use crate::lock::{self, Lock, What};
use crate::log::{Follow, so_far, whole};
use crate::{Ended, Unavailable, debian, leftovers};

const COMPOSE: &str = "docker-compose";

/// A compose file of this repository with one service, under a name that is this run's own.
pub struct Project {
    name: String,
    service: &'static str,
    /// The file, and a second file with the labels by which a later run finds leftovers of this one.
    files: [String; 2],
    variables: [(&'static str, String); 1],
    _lock: Lock,
    _labels: Folder,
    _image: Arc<Image>,
}

impl Project {
    /// Nothing is started yet; the file takes its image from the variable.
    pub fn of(
        file: &str,
        service: &'static str,
        variable: &'static str,
        image: Arc<Image>,
    ) -> Result<Self, Unavailable> {
        let refused = |why: String| Unavailable::new(COMPOSE, why);
        let version = || run(COMPOSE, ["version"], &[]);
        if version().is_err() {
            debian::install(COMPOSE, || version().is_ok()).map_err(refused)?;
            version().map_err(refused)?;
        }
        let labels = target_tmp().map_err(refused)?.join(unique("labels"));
        let labels = Folder::create(&labels).map_err(|error| refused(error.to_string()))?;
        let overlay = labels.path().join("labels.yaml");
        fs::write(&overlay, labels_of(service)).map_err(|error| refused(error.to_string()))?;
        let files = [repository().join(file), overlay].map(|file| file.to_string_lossy().into_owned());
        let variables = [(variable, image.name().to_owned())];
        let lock = lock::shared(What::Ports).map_err(refused)?;
        Ok(Self { name: unique("project"), service, files, variables, _lock: lock, _labels: labels, _image: image })
    }

    /// Runs `docker-compose up`. Returns where this machine reaches a port of the service.
    #[track_caller]
    pub fn up(&self, port: u16) -> SocketAddr {
        self.call(&["up", "--detach"]);
        let answer = self.call(&["port", self.service, &port.to_string()]);
        answer.parse().unwrap_or_else(|_| panic!("port {port} is published at `{answer}`"))
    }

    #[track_caller]
    fn call(&self, words: &[&str]) -> String {
        self.try_call(words).unwrap_or_else(|why| panic!("{why}"))
    }

    fn try_call(&self, words: &[&str]) -> Result<String, String> {
        let [file, labels] = &self.files;
        let variables = self.variables.each_ref().map(|(name, value)| (*name, value.as_str()));
        let first = ["--project-name", &self.name, "--file", file, "--file", labels];
        run(COMPOSE, first.iter().chain(words), &variables)
    }

    /// Waits until the service has said so.
    #[track_caller]
    pub fn wait_for(&self, text: &str) -> &Self {
        Follow::of(&self.container()).wait_for(text).unwrap_or_else(|why| panic!("{why}"));
        self
    }

    /// `docker-compose restart`: how the service ended, and all that it has said until now.
    #[track_caller]
    pub fn restart(&self) -> Ended {
        self.end("restart", || so_far(&self.container()))
    }

    /// `docker-compose kill`.
    #[track_caller]
    pub fn kill(&self) -> Ended {
        let container = self.container();
        self.end("kill", || whole(&container))
    }

    /// `docker-compose down`, which leaves no container that could be asked.
    #[track_caller]
    pub fn down(&self) -> Ended {
        let follow = Follow::of(&self.container());
        let ended = self.end("down", || follow.whole());
        let left = docker(["ps", "--all", "--quiet", "--filter", &self.filter()]).unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(left, "", "containers that `down` left behind");
        ended
    }

    #[track_caller]
    fn end(&self, word: &str, log: impl FnOnce() -> Vec<String>) -> Ended {
        let (since, begin) = (now(), Instant::now());
        self.call(&[word]);
        let took = begin.elapsed();
        Ended { exit_code: self.exit_code(since), took, log: log() }
    }

    /// Compose shows no exit code. After `restart` and `down` docker has none either, so the code comes from docker's
    /// events.
    #[track_caller]
    fn exit_code(&self, since: u64) -> i32 {
        let (since, until, filter) = (format!("--since={since}"), format!("--until={}", now() + 1), self.filter());
        let format = "--format={{.Time}} {{.Actor.Attributes.exitCode}}";
        let words = ["events", &since, &until, "--filter=event=die", "--filter", &filter, format];
        let events = docker(words).unwrap_or_else(|why| panic!("{why}"));
        let code = events.lines().last().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        code.unwrap_or_else(|| panic!("no exit code in the events: `{events}`"))
    }

    fn filter(&self) -> String {
        format!("label=com.docker.compose.project={}", self.name)
    }

    #[track_caller]
    fn container(&self) -> String {
        self.call(&["ps", "--quiet", self.service])
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        if let Err(why) = self.try_call(&["down", "--timeout", "0", "--volumes"]) {
            eprintln!("left behind: {why}");
        }
    }
}

/// A compose file that adds our label; JSON is YAML.
fn labels_of(service: &str) -> String {
    let labels = format!(r#"{{"labels": ["{}"]}}"#, leftovers::label());
    format!(r#"{{"services": {{"{service}": {labels}}}, "networks": {{"default": {labels}}}}}"#)
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
