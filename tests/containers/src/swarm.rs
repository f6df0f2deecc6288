//! Runs the service of a stack file on a swarm of one daemon, and updates it task by task.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::command::run;
use crate::docker::{docker, unique};
use crate::image::{Image, repository};
use crate::lock::{self, Lock, What};
use crate::log::{Follow, whole};
use crate::{BORN, Ended, Unavailable, leftovers};

/// The bridge that the first swarm of a daemon makes, and that `leave` forgets.
const BRIDGE: &str = "docker_gwbridge";

/// Scheduling takes seconds.
const LIMIT: Duration = Duration::from_secs(60);

/// This daemon as a swarm, until the value is dropped. A daemon has one: other runs wait.
pub struct Swarm {
    had_bridge: bool,
    _locks: [Lock; 2],
}

impl Swarm {
    pub fn init() -> Result<Self, Unavailable> {
        let refused = |why: String| Unavailable::new("a swarm of this daemon's own", why);
        let lock = lock::alone(What::Swarm).map_err(refused)?;
        let ports = lock::alone(What::Ports).map_err(refused)?;
        let state = docker(["info", "--format", "{{.Swarm.LocalNodeState}}"]).map_err(refused)?;
        if state != "inactive" {
            leave_our_own(&state).map_err(refused)?;
        }
        let had_bridge = docker(["network", "inspect", BRIDGE]).is_ok();
        docker(["swarm", "init", "--advertise-addr", "127.0.0.1"]).map_err(refused)?;
        let swarm = Self { had_bridge, _locks: [lock, ports] };
        let node = docker(["info", "--format", "{{.Swarm.NodeID}}"]).map_err(refused)?;
        docker(["node", "update", "--label-add", &leftovers::label(), &node]).map_err(refused)?;
        Ok(swarm)
    }

    /// `docker stack deploy` of a file of this repository with one service; it takes its image from the variable.
    pub fn deploy(&self, file: &str, service: &str, variable: &str, image: Arc<Image>) -> Stack<'_> {
        let name = unique("stack");
        let stack = Stack { service: format!("{name}_{service}"), name, _image: image, _swarm: self };
        let file = repository().join(file).to_string_lossy().into_owned();
        let words = ["stack", "deploy", "--resolve-image", "never", "--compose-file", &file, &stack.name];
        run("docker", words, &[(variable, stack._image.name())]).unwrap_or_else(|why| panic!("{why}"));
        stack
    }
}

/// Leftovers of a killed run carry our label. No other run can use them, because this run holds the lock.
fn leave_our_own(state: &str) -> Result<(), String> {
    let format = format!("{{{{index .Spec.Labels \"{BORN}\"}}}}");
    match docker(["node", "inspect", "self", "--format", &format]) {
        Ok(born) if !born.is_empty() => docker(["swarm", "leave", "--force"]).map(drop),
        _ => Err(format!("it is `{state}` in a swarm that these tests did not make, and do not touch")),
    }
}

impl Drop for Swarm {
    fn drop(&mut self) {
        let left = docker(["swarm", "leave", "--force"]);
        let bridge = if self.had_bridge { Ok(String::new()) } else { docker(["network", "rm", BRIDGE]) };
        for why in [left, bridge].into_iter().filter_map(Result::err) {
            eprintln!("left behind: {why}");
        }
    }
}

/// A service of the swarm, removed when this is dropped.
pub struct Stack<'swarm> {
    name: String,
    service: String,
    _image: Arc<Image>,
    _swarm: &'swarm Swarm,
}

impl Stack<'_> {
    /// Waits until so many tasks run and have said `ready`, and answers with their containers.
    #[track_caller]
    pub fn ready(&self, tasks: usize) -> Vec<String> {
        let running = self.wait_until(|running| running.len() == tasks);
        for container in &running {
            Follow::of(container).wait_for("ready").unwrap_or_else(|why| panic!("{why}"));
        }
        running
    }

    /// Replaces every task with one like it, as the file's `update_config` says; returns when all are new.
    #[track_caller]
    pub fn update(&self) -> &Self {
        docker(["service", "update", "--force", "--detach=false", "--quiet", &self.service])
            .unwrap_or_else(|why| panic!("{why}"));
        self
    }

    /// What docker knows of the service, as a template of its own.
    #[track_caller]
    pub fn inspect(&self, format: &str) -> String {
        docker(["service", "inspect", "--format", format, &self.service]).unwrap_or_else(|why| panic!("{why}"))
    }

    /// How a task that was replaced has ended.
    #[track_caller]
    pub fn ended(&self, container: &str) -> Ended {
        let code = docker(["wait", container]).unwrap_or_else(|why| panic!("{why}"));
        let exit_code = code.parse().unwrap_or_else(|_| panic!("`{code}` is not an exit code"));
        Ended { exit_code, took: Duration::ZERO, log: whole(container) }
    }

    #[track_caller]
    fn wait_until(&self, enough: impl Fn(&[String]) -> bool) -> Vec<String> {
        let begin = Instant::now();
        loop {
            let seen = self.running();
            match &seen {
                Ok(running) if enough(running) => return running.clone(),
                _ => {}
            }
            let tasks = || docker(["stack", "ps", "--no-trunc", &self.name]).unwrap_or_else(|why| why);
            assert!(begin.elapsed() < LIMIT, "{}: running are {seen:?}\n{}", self.service, tasks());
            thread::sleep(Duration::from_millis(200));
        }
    }

    fn running(&self) -> Result<Vec<String>, String> {
        let filter = format!("label=com.docker.swarm.service.name={}", self.service);
        let ids = docker(["ps", "--quiet", "--no-trunc", "--filter", &filter])?;
        Ok(ids.lines().map(str::to_owned).collect())
    }
}

impl Drop for Stack<'_> {
    fn drop(&mut self) {
        if let Err(why) = docker(["stack", "rm", &self.name]) {
            eprintln!("left behind: {why}");
        }
        // The network goes when the tasks have gone; `leave` would not wait for them.
        let begin = Instant::now();
        let there = || self.running().is_ok_and(|running| !running.is_empty());
        while there() && begin.elapsed() < LIMIT {
            thread::sleep(Duration::from_millis(200));
        }
    }
}
