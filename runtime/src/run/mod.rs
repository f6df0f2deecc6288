//! Station 7: the plan, a clock and notes in, a report out; decides and formats nothing.
//!
//! The model: the **machine** is a value that knows the state of every hook and answers with what to do next; it has
//! no threads and no clock, and every call tells it the time. **Runners** are threads that ask it for a hook, run
//! the hook, and tell it what came of it; whoever ends a group's last hook opens the next group in the same call,
//! so that nothing is handed over between threads while all goes well. The **supervisor** is a thread that does not
//! run the user's code: it sleeps until something is overdue, cancels or abandons what is, and adds runners when
//! one is held up. Only where no runner is left and the system refuses another one does it run what is queued itself.

pub use context::{Context, Hurried};
pub(crate) use crew::Standby;
pub(crate) use engine::Engine;
pub(crate) use hook_runtime::HookRuntime;
pub(crate) use machine::{Event, Machine, Standing};
#[cfg(feature = "testing")]
pub(crate) use rehearsal::{Instead, Rehearsal};
pub(crate) use surroundings::{StillRunning, Surroundings, Suspected};

mod cancel;
mod context;
mod crew;
mod culprit;
mod engine;
mod follow_up;
mod hook_runtime;
mod machine;
#[cfg(feature = "testing")]
mod rehearsal;
mod runner;
#[cfg(test)]
mod schedule;
mod supervisor;
mod surroundings;
