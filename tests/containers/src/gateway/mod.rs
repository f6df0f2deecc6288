//! Replaces three replicas behind a gateway one after another, and counts what the gateway's clients lost.

use std::sync::Arc;

use crate::{Connections, Container, Ended, Image, Load, Program, Recipe, Run, Subnet, Tally, Unavailable};

use haproxy::{Haproxy, Listed};

pub(crate) use figures::figures;

mod figures;
mod haproxy;

/// The example, which the platform's own file describes.
const SERVICE: Program = Program::new("platform_http");
const FOLDER: &str = "examples/platforms/http";

/// Their places in the network; the gateway's is another.
const PLACES: [u8; 3] = [11, 12, 13];

/// How the same program is made to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// SIGTERM: it says that it leaves, and serves on for its drain delay.
    Draining,
    /// SIGINT skips the delay: the listener closes at once, and what is in flight is finished.
    WithoutDelay,
    /// SIGKILL: nothing is finished.
    Kill,
}

impl Stop {
    fn signal(self) -> &'static str {
        match self {
            Self::Draining => "SIGTERM",
            Self::WithoutDelay => "SIGINT",
            Self::Kill => "SIGKILL",
        }
    }
}

/// What was seen of a rolling replacement.
pub struct Replacement {
    pub tally: Tally,
    /// Connections that the clients made to the gateway.
    pub connections: usize,
    /// The replicas that were replaced, in order, and those that took their places.
    pub old: Vec<Ended>,
    pub new: Vec<Ended>,
}

/// The image that the example's own Dockerfile makes.
pub fn service_image() -> Result<Arc<Image>, Unavailable> {
    Recipe::dockerfile(FOLDER, SERVICE).build()
}

/// Replaces all three under constant load: `docker stop`, a new one at the same address, and the next one only when
/// the gateway lists it.
pub fn replace_all(stop: Stop, connections: Connections) -> Result<Replacement, Unavailable> {
    let (service, gateway) = (service_image()?, haproxy::image()?);
    let subnet = Subnet::create()?;
    let start = |place| replica(&service, &subnet, place, stop);
    let mut replicas = PLACES.map(start);
    let gateway = Haproxy::start(&gateway, &subnet, PLACES);
    let load = Load::start(gateway.requests(), connections);
    let mut old = Vec::new();
    for (index, replica) in replicas.iter_mut().enumerate() {
        old.push(replica.stop().wait());
        // Until then the gateway sends requests to an address without a listener.
        gateway.wait_until(index, Listed::Down);
        *replica = start(PLACES[index]);
        gateway.wait_until(index, Listed::Up);
    }
    let tally = load.stop();
    println!("{stop:?}, {connections:?}: {tally}");
    // SIGINT, as there is no load any more that would need the delay.
    let new = replicas.iter().map(|replica| replica.kill("INT").wait()).collect();
    Ok(Replacement { tally, connections: gateway.connections(), old, new })
}

fn replica(image: &Arc<Image>, subnet: &Subnet, place: u8, stop: Stop) -> Container {
    let address = format!("--ip={}", subnet.address(place));
    let signal = format!("--stop-signal={}", stop.signal());
    Run::new().network(subnet.name()).flag(&address).flag(&signal).env("ON_SHUTDOWN_GRACE_PERIOD", "10s").ready(image)
}

impl Replacement {
    /// How many requests all six replicas say that they answered; a replica that was killed says nothing.
    pub fn answered(&self) -> usize {
        let lines = self.old.iter().chain(&self.new).flat_map(|ended| &ended.log);
        let counts =
            lines.filter_map(|line| line.strip_prefix("answered ")?.strip_suffix(" requests")?.parse::<usize>().ok());
        counts.sum()
    }
}
