//! This instance's address in, its entry in etcd out: kept alive by a lease, removed in the phase `deregister`.
//!
//! It speaks to etcd's JSON gateway with `ureq`, ten crates in all; a client of etcd's gRPC brings 92, and builds
//! only where `protoc` is installed. It is a blocking client, on threads of its own: it does not depend on the
//! program's async runtime, which may be what is in trouble.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, ensure};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use on_shutdown::on_shutdown;
use serde_json::{Value, json};

/// For the two calls that list the instance: together less than what `deregister` has, since it waits for them.
const LIMIT: Duration = Duration::from_millis(800);

/// Ends the lease, and the entry with it. Without a limit of the client's: the hook's own timeout is the one that
/// counts, and the report says what the thread then waits for.
#[on_shutdown(phase = deregister, timeout = "2s")]
fn deregister(registry: Registry) -> anyhow::Result<()> {
    let before = std::mem::replace(&mut *registry.entry(), Entry::Left);
    if let Entry::Listed { lease } = before {
        registry.call("lease/revoke", &json!({ "ID": lease }), None)?;
        println!("left the registry");
    }
    Ok(())
}

/// The registry, with this instance's place in it; all clones are one.
#[derive(Clone)]
pub(crate) struct Registry(Arc<Shared>);

struct Shared {
    agent: ureq::Agent,
    /// Where etcd is.
    url: String,
    key: String,
    address: String,
    /// How long the entry outlives us if nobody removes it, in seconds.
    ttl: u32,
    entry: Mutex<Entry>,
}

enum Entry {
    Absent,
    Listed {
        lease: String,
    },
    /// For good: whoever finds the lease gone during the shutdown must not list us again.
    Left,
}

impl Registry {
    /// `ETCD` is its URL, `ADDRESS` what others are to call us, `LEASE` a number of seconds.
    pub(crate) fn from_env(service: &str) -> anyhow::Result<Self> {
        let var = |name, default: &str| std::env::var(name).unwrap_or(default.to_owned());
        let host = var("HOSTNAME", "localhost");
        let ttl = var("LEASE", "5").parse().context("LEASE is not a number of seconds")?;
        // No connection is kept: one that has died meanwhile would be found when there is no time left.
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

    /// Lists this instance, and keeps it listed until `deregister`. Blocks.
    pub(crate) fn enter(&self) -> anyhow::Result<()> {
        self.list()?;
        let registry = self.clone();
        thread::spawn(move || registry.stay());
        Ok(())
    }

    /// Holds the entry's lock, so that `deregister` comes before or after. What fails half-way ends with its lease.
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

    /// Renews the lease thrice in its time; lists us again if it has ended all the same.
    fn stay(&self) {
        loop {
            thread::sleep(Duration::from_secs(self.0.ttl.into()) / 3);
            let lease = match &*self.entry() {
                Entry::Listed { lease } => lease.clone(),
                Entry::Absent | Entry::Left => return,
            };
            let renewed = self.call("lease/keepalive", &json!({ "ID": lease }), Some(LIMIT));
            // The answer for a lease that has ended has no TTL.
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
        // 404: the lease has ended, and so has what it held.
        ensure!(status.is_success() || status == 404, "{url}: {status}, {body}");
        serde_json::from_str(&body).with_context(|| format!("{url}: {body}"))
    }

    fn entry(&self) -> MutexGuard<'_, Entry> {
        self.0.entry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
