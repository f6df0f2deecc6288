//! Computes the figures that show what an ordered shutdown is worth. Each comes from a scenario that the tests run too.

use std::fmt;

use crate::{Departure, Kept, RegistryFigures, Unavailable, WriterFigures};
use crate::{docker, gateway, registry_figures, writer_figures};

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
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        title: "A: three replicas behind HAProxy, replaced one after another under constant load",
        run: gateway::figures,
    },
    Scenario { title: "B: a writer, stopped again and again under load", run: written },
    Scenario { title: "C: an instance that etcd lists, stopped and killed", run: listed },
];

/// Seconds from the stop within which the registry must remove the instance.
const SOON: f64 = 2.0;

fn written() -> Result<Vec<Figure>, Unavailable> {
    let WriterFigures { with_hook, without_hook } = writer_figures(8, fastrand::u64(..))?;
    let found = |kept: &Kept| format!("{} of {}", kept.found, kept.acknowledged);
    Ok(vec![
        Figure::new(
            "acknowledged records found, with the flush hook",
            found(&with_hook),
            with_hook.acknowledged > 0 && with_hook.found == with_hook.acknowledged,
        ),
        Figure::new("without it", found(&without_hook), without_hook.found < without_hook.acknowledged),
    ])
}

fn listed() -> Result<Vec<Figure>, Unavailable> {
    let RegistryFigures { with_hook, after_sigkill } = registry_figures()?;
    let seconds = |departure: &Departure| departure.unlisted.as_secs_f64();
    let (soon, late) = (seconds(&with_hook), seconds(&after_sigkill));
    Ok(vec![
        Figure::new("seconds listed after the stop, with the deregister hook", format!("{soon:.2}"), soon < SOON),
        Figure::new("after SIGKILL, until the lease ended", format!("{late:.2}"), late > soon),
    ])
}

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
