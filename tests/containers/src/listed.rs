//! Measures how long the registry lists an instance that ends, and how long the instance answers.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use crate::{Container, Etcd, Network, REGISTRY, Run, Unavailable, docker};

/// The lease of the instances in these figures, in seconds.
pub const REGISTRY_TTL: u64 = 4;

/// Neither the registry nor the listener takes longer to let an instance go.
const LIMIT: Duration = Duration::from_secs(60);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// What others see of an instance that ends; all times count from the moment at which it was asked to.
#[derive(Clone, Copy, Debug)]
pub struct Departure {
    /// From here on the registry did not list it.
    pub unlisted: Duration,
    /// A request that began here was the last to be answered.
    pub last_answer: Duration,
}

/// The same with SIGKILL is the control.
#[derive(Clone, Copy, Debug)]
pub struct RegistryFigures {
    pub with_hook: Departure,
    pub after_sigkill: Departure,
}

/// One instance is stopped, another one is killed.
pub fn registry_figures() -> Result<RegistryFigures, Unavailable> {
    docker::ready()?;
    let (image, network) = (REGISTRY.image()?, Network::create(&["--internal"]));
    let etcd = Etcd::start(&network)?;
    let run = Run::new().network(network.name()).env("LEASE", &REGISTRY_TTL.to_string());
    let leave = |end: fn(&Container)| departure(&run.ready(&image), &etcd, end);
    Ok(RegistryFigures {
        with_hook: leave(|instance| _ = instance.stop())?,
        after_sigkill: leave(|instance| _ = instance.kill("KILL"))?,
    })
}

/// Watches the only instance that is listed, while `end` ends it.
pub fn departure(
    instance: &Container,
    etcd: &Etcd,
    end: impl FnOnce(&Container) + Send,
) -> Result<Departure, Unavailable> {
    let address = instance.address(8080)?;
    assert_eq!(etcd.listed().len(), 1, "one instance is listed before");
    assert!(answers(address), "{address} answers before");
    thread::scope(|scope| {
        let begin = Instant::now();
        scope.spawn(|| end(instance));
        let unlisted = scope.spawn(move || until(begin, || etcd.listed().is_empty()));
        let mut last_answer = Duration::ZERO;
        until(begin, || {
            let asked = begin.elapsed();
            let answered = answers(address);
            last_answer = if answered { asked } else { last_answer };
            !answered
        });
        Ok(Departure { unlisted: unlisted.join().expect("the registry's answers"), last_answer })
    })
}

/// Looks again and again; when it was first so.
fn until(begin: Instant, mut so: impl FnMut() -> bool) -> Duration {
    while !so() {
        assert!(begin.elapsed() < LIMIT, "not within {LIMIT:?}");
        thread::sleep(PAUSE);
    }
    begin.elapsed()
}

fn answers(address: SocketAddr) -> bool {
    // Long, since a busy machine is not a closed listener.
    let agent = ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(5))).max_idle_connections(0);
    ureq::Agent::from(agent.build()).get(format!("http://{address}/")).call().is_ok()
}
