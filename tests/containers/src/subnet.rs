//! Makes a network whose containers have addresses that are known before they start.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::Ipv4Addr;

use crate::docker::{Kind, Owned, docker, unique};
use crate::{Unavailable, leftovers};

/// 198.18.0.0/15 is reserved for tests of networks (RFC 2544), so a block of it hides no real network.
const FIRST: u32 = u32::from_be_bytes([198, 18, 0, 0]);
const BLOCKS: u32 = 1 << 13;
const BLOCK: u32 = 16;

/// Others choose at random, too.
const ATTEMPTS: usize = 20;

/// A network of 16 addresses, removed when it is dropped.
pub struct Subnet {
    owned: Owned,
    first: u32,
}

impl Subnet {
    pub fn create() -> Result<Self, Unavailable> {
        let mut refused = String::new();
        for _ in 0..ATTEMPTS {
            let name = unique(Kind::Network.word());
            let first = FIRST + RandomState::new().hash_one(&name) as u32 % BLOCKS * BLOCK;
            let block = format!("{}/28", Ipv4Addr::from(first));
            let label = leftovers::label();
            match docker(["network", "create", "--label", &label, "--subnet", &block, &name]) {
                Ok(_) => return Ok(Self { owned: Owned { kind: Kind::Network, name }, first }),
                Err(why) if why.contains("overlap") => refused = why,
                Err(why) => return Err(Unavailable::new("a network with addresses of its own", why)),
            }
        }
        Err(Unavailable::new("a network with addresses of its own", refused))
    }

    pub fn name(&self) -> &str {
        &self.owned.name
    }

    /// The address of a place from 2 to 14; the first is docker's own.
    pub fn address(&self, place: u8) -> Ipv4Addr {
        assert!((2..=14).contains(&place), "{place} is not a place in this network");
        Ipv4Addr::from(self.first + u32::from(place))
    }
}
