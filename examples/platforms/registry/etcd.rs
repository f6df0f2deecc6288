//! Lists this instance in etcd under a lease, renews the lease, and revokes it in the phase `deregister`.
//!
//! The client is `ureq` (ten crates) and talks to etcd's JSON gateway. A gRPC client would bring 92 crates and need
//! `protoc`. The client blocks and runs on threads of its own, so it works even if the program's async runtime hangs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, ensure};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use on_shutdown::on_shutdown;
use serde_json::{Value, json};

/// Limits each of the two calls that list the instance. `deregister` waits for both, so they take less than its timeout.
const LIMIT: Duration = Duration::from_millis(800);

/// Revokes the lease, which removes the entry. The call has no limit of its own: the hook's timeout applies, and the
/// report then shows what the thread waits for.
#[on_shutdown(phase = deregister, timeout = "2s")]
fn deregister(registry: Registry) -> anyhow::Result<()> {
    let before = std::mem::replace(&mut *registry.entry(), Entry::Left);
    if let Entry::Listed { lease } = before {
        registry.call("lease/revoke", &json!({ "ID": lease }), None)?;
        println!("left the registry");
    }
    Ok(())
}

/// The registry and this instance's entry in it. Clones share one entry.
#[derive(Clone)]
pub(crate) struct Registry(Arc<Shared>);

struct Shared {
    agent: ureq::Agent,
    /// The address of etcd.
    url: String,
    key: String,
    address: String,
    /// How many seconds the entry remains if the instance dies without removing it.
    ttl: u32,
    entry: Mutex<Entry>,
}

enum Entry {
    Absent,
    Listed {
        lease: String,
    },
    /// Final: the renewing thread must not list the instance again during the shutdown.
    Left,
}

impl Registry {
    /// Reads `ETCD` (a URL), `ADDRESS` (where others reach this instance) and `LEASE` (seconds).
    pub(crate) fn from_env(service: &str) -> anyhow::Result<Self> {
        let var = |name, default: &str| std::env::var(name).unwrap_or(default.to_owned());
        let host = var("HOSTNAME", "localhost");
        let ttl = var("LEASE", "5").parse().context("LEASE is not a number of seconds")?;
        // Keeps no idle connection: at shutdown there is no time to find out that it is dead.
        let config = ureq::Agent::config_builder().max_idle_connections(0).http_status_as_error(false);
        Ok(Self(Arc::new(Shared {
            agent: config.build().into(),
            url: var("ETCD", "http://etcd:2379"),
            key: format!("/services/{service}/{host}"),
            address: var("ADDRESS", &format!("http://{host}:8080")),
            ttl,
            entry: Mutex::new(Entry::Absent),
        })))
    }

    /// Lists this instance and starts the thread that keeps it listed until `deregister`. Blocks.
    pub(crate) fn enter(&self) -> anyhow::Result<()> {
        self.list()?;
        let registry = self.clone();
        thread::spawn(move || registry.stay());
        Ok(())
    }

    /// Lists this instance. Holds the entry's lock, so `deregister` runs before or after this call, not during it.
    /// If the second call fails, the lease expires by itself.
    fn list(&self) -> anyhow::Result<()> {
        let mut entry = self.entry();
        if !matches!(*entry, Entry::Left) {
            let granted = self.call("lease/grant", &json!({ "TTL": self.0.ttl }), Some(LIMIT))?;
            let lease = granted.pointer("/ID").and_then(Value::as_str).context("a lease without an ID")?.to_owned();
            let (key, value) = (BASE64_STANDARD.encode(&self.0.key), BASE64_STANDARD.encode(&self.0.address));
            self.call("kv/put", &json!({ "key": key, "value": value, "lease": lease }), Some(LIMIT))?;
            *entry = Entry::Listed { lease };
        }
        Ok(())
    }

    /// Renews the lease three times per lease time. Lists the instance again if the lease has ended.
    fn stay(&self) {
        loop {
            thread::sleep(Duration::from_secs(self.0.ttl.into()) / 3);
            let lease = match &*self.entry() {
                Entry::Listed { lease } => lease.clone(),
                Entry::Absent | Entry::Left => return,
            };
            let renewed = self.call("lease/keepalive", &json!({ "ID": lease }), Some(LIMIT));
            // etcd answers without a TTL if the lease has ended.
            let renewed = renewed.and_then(|answer| match answer.pointer("/result/TTL") {
                Some(_) => Ok(()),
                None => self.list(),
            });
            if let Err(error) = renewed {
                eprintln!("the entry {} is not renewed: {error:#}", self.0.key);
            }
        }
    }

    fn call(&self, what: &str, question: &Value, limit: Option<Duration>) -> anyhow::Result<Value> {
        let url = format!("{}/v3/{what}", self.0.url);
        let request = self.0.agent.post(&url).config().timeout_global(limit).build();
        let mut answer = request.send(question.to_string()).with_context(|| url.clone())?;
        let (status, body) = (answer.status(), answer.body_mut().read_to_string().with_context(|| url.clone())?);
        // 404: the lease has ended, and its entry with it.
        ensure!(status.is_success() || status == 404, "{url}: {status}, {body}");
        serde_json::from_str(&body).with_context(|| format!("{url}: {body}"))
    }

    fn entry(&self) -> MutexGuard<'_, Entry> {
        self.0.entry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
