//! Finds the address at which this process can reach a container.

use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::docker::docker;
use crate::{Container, Unavailable};

const LIMIT: Duration = Duration::from_secs(10);

impl Container {
    /// Its address on its network, once it is known that this process can reach it there: with a daemon on another
    /// machine it cannot. Its program has to listen on the port already.
    pub fn address(&self, port: u16) -> Result<SocketAddr, Unavailable> {
        address_of(self.name(), port)
    }
}

pub(crate) fn address_of(container: &str, port: u16) -> Result<SocketAddr, Unavailable> {
    let refused = |why: String| Unavailable::new(format!("the address of {container}"), why);
    let format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
    let answer = docker(["inspect", "--format", format, container]).map_err(refused)?;
    let address: IpAddr = answer.parse().map_err(|_| refused(format!("`{answer}` is none")))?;
    let address = SocketAddr::new(address, port);
    let reached = TcpStream::connect_timeout(&address, LIMIT);
    reached.map(|_| address).map_err(|error| refused(format!("{address} cannot be reached from here: {error}")))
}
