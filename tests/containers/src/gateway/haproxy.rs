//! Runs Debian's HAProxy in front of three addresses, and reads which of them it lists.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::{Container, Image, Recipe, Run, Subnet, Unavailable, http};

const PROGRAM: &str = "/usr/sbin/haproxy";
const PLACE: u8 = 2;

/// What the configuration says: where requests go, and who asks for the list.
const REQUESTS: u16 = 8080;
const STATISTICS: u16 = 8404;

/// It takes a second or two, on a machine that is not overloaded.
const LIMIT: Duration = Duration::from_secs(60);

/// What the gateway thinks of a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listed {
    Up,
    Down,
}

pub(super) fn image() -> Result<Arc<Image>, Unavailable> {
    let recipe = Recipe::empty().debian("haproxy", PROGRAM).file("examples/platforms/http/haproxy.cfg", "haproxy.cfg");
    recipe.line(&format!(r#"CMD ["{PROGRAM}", "-db", "-f", "/haproxy.cfg"]"#)).build()
}

pub(super) struct Haproxy {
    container: Container,
}

impl Haproxy {
    /// Returns when it lists all three.
    pub(super) fn start(image: &Arc<Image>, subnet: &Subnet, places: [u8; 3]) -> Self {
        let mut run = Run::new().network(subnet.name()).flag(&format!("--ip={}", subnet.address(PLACE)));
        run = run.publish(REQUESTS).publish(STATISTICS);
        for (place, number) in places.into_iter().zip(1..) {
            run = run.env(&format!("REPLICA{number}"), &subnet.address(place).to_string());
        }
        let gateway = Self { container: run.start(image) };
        (0..places.len()).for_each(|index| gateway.wait_until(index, Listed::Up));
        gateway
    }

    /// Where clients send their requests.
    pub(super) fn requests(&self) -> SocketAddr {
        self.container.published(REQUESTS)
    }

    /// Waits until it lists the replica so.
    pub(super) fn wait_until(&self, index: usize, listed: Listed) {
        let begin = Instant::now();
        let replica = format!("replica{}", index + 1);
        loop {
            let seen = self.ask("replicas", &replica, "status");
            match &seen {
                // `UP 1/2`: up, with one check failed.
                Ok(status) if status.starts_with("UP") && listed == Listed::Up => return,
                Ok(status) if status.starts_with("DOWN") && listed == Listed::Down => return,
                _ => {}
            }
            assert!(begin.elapsed() < LIMIT, "the gateway does not list {replica} as {listed:?}, but: {seen:?}");
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// How many connections clients made to it.
    pub(super) fn connections(&self) -> usize {
        let total = self.ask("requests", "FRONTEND", "conn_tot").unwrap_or_else(|why| panic!("{why}"));
        total.parse().unwrap_or_else(|_| panic!("`{total}` is not a number of connections"))
    }

    /// A field of its statistics: a table with a head, `# pxname,svname,..`.
    fn ask(&self, proxy: &str, server: &str, field: &str) -> Result<String, String> {
        let (_, table) = http::get(self.container.published(STATISTICS), "/;csv")?;
        let mut lines = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let head = lines.next().unwrap_or_default();
        let column = head.iter().position(|name| *name == field).ok_or_else(|| format!("no `{field}` in {head:?}"))?;
        let line = lines.find(|line| line.starts_with(&[proxy, server]));
        let value = line.as_ref().and_then(|line| line.get(column));
        value.map(|value| (*value).to_owned()).ok_or_else(|| format!("no `{proxy}/{server}` in:\n{table}"))
    }
}
