//! Sends records to a writer, and compares the acknowledged records with those in its volume.

use std::fs;
use std::net::SocketAddr;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::binary::target_tmp;
use crate::docker::{docker, unique};
use crate::{Container, Unavailable};

/// No answer takes longer, also on a busy machine.
const LIMIT: Duration = Duration::from_secs(20);

/// Clients that send records, each its own as fast as they are acknowledged, until the first that is not.
pub struct Senders(Vec<JoinHandle<Vec<String>>>);

impl Senders {
    /// No client sends more than this, and all begin their records with the name.
    pub fn on(address: SocketAddr, name: &str, clients: usize, most: usize) -> Self {
        let client = |client| {
            let name = format!("{name}-{client}");
            thread::spawn(move || send(address, &name, most))
        };
        Self((0..clients).map(client).collect())
    }

    /// Waits until all clients have ended: every record that was acknowledged.
    pub fn acknowledged(self) -> Vec<String> {
        self.0.into_iter().flat_map(|client| client.join().expect("a client of the load")).collect()
    }
}

fn send(address: SocketAddr, name: &str, most: usize) -> Vec<String> {
    let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(LIMIT)).build().into();
    let url = format!("http://{address}/records");
    let records = (0..most).map(|number| format!("{name}-{number}"));
    records.take_while(|record| agent.post(&url).send(record).is_ok()).collect()
}

/// The lines of `/data/records`, also of a container that has ended; none where the file does not exist.
pub fn found(container: &Container) -> Result<Vec<String>, Unavailable> {
    let refused = |why: String| Unavailable::new("the volume's records", why);
    let copy = target_tmp().map_err(refused)?.join(unique("records"));
    let answer = docker(["cp", &format!("{}:/data/records", container.name()), &copy.to_string_lossy()]);
    match answer {
        Ok(_) => {}
        Err(why) if why.to_lowercase().contains("could not find the file") => return Ok(Vec::new()),
        Err(why) => return Err(refused(why)),
    }
    let text = fs::read_to_string(&copy).map_err(|error| refused(error.to_string()));
    let _ = fs::remove_file(&copy);
    Ok(text?.split_inclusive('\n').map(str::to_owned).map(whole).collect())
}

/// A line that is cut off keeps a mark, so that it is no record.
fn whole(line: String) -> String {
    line.strip_suffix('\n').map(str::to_owned).unwrap_or_else(|| format!("{line}…, cut off"))
}
