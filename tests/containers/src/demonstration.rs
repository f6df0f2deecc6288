//! Nothing in; the figures that show what shutdown in order is worth, each from a scenario that the tests run too, out.

use std::fmt;

use crate::{Unavailable, docker, gateway};

/// Something that happens for real, and what is measured of it.
pub struct Scenario {
    pub title: &'static str,
    run: fn() -> Result<Vec<Figure>, Unavailable>,
}

impl Scenario {
    /// Refuses where it cannot run: no docker, no network for a package.
    pub fn run(&self) -> Result<Vec<Figure>, Unavailable> {
        docker::ready().and_then(|()| (self.run)())
    }
}

/// All there are, in the order in which they are shown.
pub const SCENARIOS: &[Scenario] = &[Scenario {
    title: "three replicas behind HAProxy, replaced one after another under constant load",
    run: gateway::figures,
}];

/// One number with its name.
pub struct Figure {
    name: String,
    value: String,
    /// Whether it is as it should be; also a control that shows nothing makes the whole worth nothing.
    pub holds: bool,
}

impl Figure {
    pub(crate) fn new(name: impl Into<String>, value: impl fmt::Display, holds: bool) -> Self {
        Self { name: name.into(), value: value.to_string(), holds }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let note = if self.holds { "" } else { "  <- not as promised" };
        write!(f, "{:.<52} {:>6}{note}", format!("{} ", self.name), self.value)
    }
}
