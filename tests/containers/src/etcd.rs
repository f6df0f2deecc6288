//! Starts a real etcd on a network, and reads what it lists.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::{Container, Network, Program, Recipe, Run, Unavailable};

/// No answer takes longer, also on a busy machine.
const LIMIT: Duration = Duration::from_secs(20);

/// Debian's etcd in a container of its own, known to the others on its network as `etcd`.
pub struct Etcd {
    list: List,
    container: Container,
}

/// What an etcd lists, wherever it runs.
pub(crate) struct List {
    agent: ureq::Agent,
    url: String,
}

impl Etcd {
    pub fn start(network: &Network) -> Result<Self, Unavailable> {
        let everywhere = "http://0.0.0.0:2379";
        // Its data in memory: how fast a disk syncs is not what is tested.
        let run = Run::new().network(network.name()).flag("--network-alias=etcd").flag("--tmpfs=/data");
        let run = run.command(&[
            "/usr/bin/etcd",
            "--data-dir=/data/etcd",
            &format!("--listen-client-urls={everywhere}"),
            &format!("--advertise-client-urls={everywhere}"),
        ]);
        let container = run.start(&etcd_and_proxy().build()?);
        container.wait_for("ready to serve client requests");
        Ok(Self { list: List::of(container.address(2379)?), container })
    }

    /// To pause it, or to stop it.
    pub fn container(&self) -> &Container {
        &self.container
    }

    /// The addresses of all instances that are listed.
    pub fn listed(&self) -> Vec<String> {
        self.list.listed()
    }

    /// Ends the leases of all entries, as if no instance had renewed them.
    pub fn forget(&self) {
        for entry in self.list.entries() {
            self.list.call("lease/revoke", &json!({ "ID": entry["lease"] }));
        }
    }
}

impl List {
    pub(crate) fn of(etcd: SocketAddr) -> Self {
        let agent = ureq::Agent::config_builder().timeout_global(Some(LIMIT)).max_idle_connections(0).build();
        Self { agent: agent.into(), url: format!("http://{etcd}/v3") }
    }

    /// The addresses of all instances that are listed.
    pub(crate) fn listed(&self) -> Vec<String> {
        let entries = self.entries();
        let values = entries.iter().filter_map(|entry| entry.pointer("/value").and_then(Value::as_str));
        let decode = |value| BASE64_STANDARD.decode(value).expect("base64");
        values.map(|value| String::from_utf8_lossy(&decode(value)).into_owned()).collect()
    }

    fn entries(&self) -> Vec<Value> {
        // `0` comes after `/`: all keys that begin with `/services/`.
        let (from, to) = (BASE64_STANDARD.encode("/services/"), BASE64_STANDARD.encode("/services0"));
        let answer = self.call("kv/range", &json!({ "key": from, "range_end": to }));
        answer["kvs"].as_array().cloned().unwrap_or_default()
    }

    fn call(&self, what: &str, question: &Value) -> Value {
        let url = format!("{}/{what}", self.url);
        let ask = || self.agent.post(&url).send(question.to_string())?.body_mut().read_to_string();
        let answer = ask().unwrap_or_else(|error| panic!("{url}: {error}"));
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{url}: {error}: {answer}"))
    }
}

/// Both programs that the tests of a registry need, in one image.
pub(crate) fn etcd_and_proxy() -> Recipe {
    Recipe::scratch(Program::new("slow_proxy")).debian("etcd-server", "/usr/bin/etcd")
}
