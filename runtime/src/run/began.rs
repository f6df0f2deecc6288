//! Keeps the trigger of a run, its time, and the name of the process that sent the signal. Set once, without the lock.

use std::sync::{Arc, OnceLock};
use std::time::{Instant, SystemTime};

use crate::inspect;
use crate::report::wall_clock::whole_micros;
use crate::trigger::Trigger;

/// The trigger and its instant.
pub(super) struct Began {
    pub(super) at: Instant,
    pub(super) by_wall_clock: SystemTime,
    pub(super) trigger: Arc<Trigger>,
    /// The name of the process that sent the signal, once it was looked for.
    sender_name: OnceLock<Option<String>>,
}

impl Began {
    pub(super) fn new(at: Instant, trigger: Arc<Trigger>) -> Self {
        Self { at, by_wall_clock: whole_micros(SystemTime::now()), trigger, sender_name: OnceLock::new() }
    }

    /// Reads the name of the process that sent the signal. Soon after the trigger, because the sender may end; but not before
    /// the first hooks have started, unless a subscriber of `tracing` or a recorder must know of the beginning first.
    pub(super) fn read_sender_name(&self) {
        self.sender_name.get_or_init(|| match &*self.trigger {
            Trigger::Signal { sender: Some(sender), .. } => inspect::process_name(sender.pid),
            _ => None,
        });
    }

    /// Returns the trigger, with the name of its sender if that is known.
    pub(super) fn named_trigger(&self) -> Trigger {
        let mut trigger = Trigger::clone(&self.trigger);
        if let Trigger::Signal { sender: Some(sender), .. } = &mut trigger {
            sender.name = self.sender_name.get().cloned().flatten();
        }
        trigger
    }
}
