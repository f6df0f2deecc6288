//! Runs a number of replicas and their registry with docker-compose.

use std::fs;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::address::address_of;
use crate::binary::target_tmp;
use crate::command::run;
use crate::docker::{docker, unique};
use crate::etcd::{List, etcd_and_proxy};
use crate::image::Folder;
use crate::lock::{self, Lock, What};
use crate::{Ended, Image, REPLICA, Unavailable, debian, leftovers, log};

/// No number of replicas takes longer to be listed.
const LISTED: Duration = Duration::from_secs(60);

/// A project of docker-compose; taken down when it is dropped, its volume too.
pub struct Replicas {
    name: String,
    count: usize,
    replica: Arc<Image>,
    etcd: Arc<Image>,
    labels: Folder,
    _lock: Lock,
}

impl Replicas {
    /// The example's `compose.yaml`, with images of ours.
    pub fn up(count: usize) -> Result<Self, Unavailable> {
        let refused = |why: String| Unavailable::new("docker-compose", why);
        // It is a script: there are no libraries.
        debian::files("docker-compose", "/usr/bin/docker-compose")?;
        let labels = target_tmp().map_err(refused)?.join(unique("labels"));
        let labels = Folder::create(&labels)
            .and_then(|labels| fs::write(labels.path().join("labels.yaml"), labels_file()).map(|()| labels))
            .map_err(|error| refused(error.to_string()))?;
        let lock = lock::shared(What::Ports).map_err(refused)?;
        let (replica, etcd) = (REPLICA.image()?, etcd_and_proxy().build()?);
        let replicas = Self { name: unique("project"), count, replica, etcd, labels, _lock: lock };
        replicas.compose(&["up", "--detach", "--scale", &format!("replica={count}")]).map_err(refused)?;
        Ok(replicas)
    }

    /// Runs docker-compose for this project.
    #[track_caller]
    pub fn call(&self, words: &[&str]) -> String {
        self.compose(words).unwrap_or_else(|why| panic!("{why}"))
    }

    /// Waits until the registry lists all replicas.
    pub fn wait_until_listed(&self) -> Result<(), Unavailable> {
        let etcd = self.call(&["ps", "--quiet", "etcd"]);
        let (list, begin) = (List::of(address_of(&etcd, 2379)?), Instant::now());
        while list.listed().len() != self.count {
            assert!(begin.elapsed() < LISTED, "{:?} are listed, not {}", list.listed(), self.count);
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// How the replicas ended, once they have; without how long that took.
    pub fn ended(&self) -> Vec<Ended> {
        let names = self.call(&["ps", "--quiet", "replica"]);
        let end = |name| {
            let code = docker(["inspect", "--format", "{{if not .State.Running}}{{.State.ExitCode}}{{end}}", name]);
            let code = code.unwrap_or_else(|why| panic!("{why}"));
            let exit_code = code.parse().unwrap_or_else(|_| panic!("{name} has not ended"));
            Ended { exit_code, took: Duration::ZERO, log: log::whole(name) }
        };
        names.lines().map(end).collect()
    }

    fn compose(&self, words: &[&str]) -> Result<String, String> {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/platforms/replica/compose.yaml");
        let labels = self.labels.path().join("labels.yaml");
        let first = ["--project-name", &self.name, "--file", file, "--file", &labels.to_string_lossy()];
        let variables = [("PLATFORM_REPLICA_IMAGE", self.replica.name()), ("ETCD_IMAGE", self.etcd.name())];
        run("docker-compose", first.iter().chain(words), &variables)
    }
}

impl Drop for Replicas {
    fn drop(&mut self) {
        if let Err(why) = self.compose(&["down", "--timeout", "0", "--volumes"]) {
            eprintln!("left behind: {why}");
        }
    }
}

/// A compose file that adds our label to all that is made; JSON is YAML.
fn labels_file() -> String {
    let labels = serde_json::json!({ "labels": [leftovers::label()] });
    serde_json::json!({
        "services": { "etcd": labels, "replica": labels },
        "networks": { "default": labels },
        "volumes": { "records": labels },
    })
    .to_string()
}
