//! The course of a shutdown in, told to systemd (`NOTIFY_SOCKET`) out, so that its clock is not shorter than ours.
//!
//! For services with `Type=notify`. Where the variable `NOTIFY_SOCKET` is not set nothing of this happens. The program
//! says when it is ready:
//!
//! ```no_run
//! #[on_shutdown::main]
//! async fn main() -> std::io::Result<()> {
//!     // listeners are bound, pools are open
//!     on_shutdown::systemd::ready()?;
//!     std::future::pending().await
//! }
//! ```
//!
//! What is said by itself, from the trigger on:
//! - `STOPPING=1` first, also where the program stops itself. systemd's stop clock runs from then on (or from its
//!   SIGTERM), and its watchdog is silent.
//! - `STATUS=` for each phase and for what is waited for, such as `drain: waiting for 3 in flight`, and at the end the
//!   first line of the report: what `systemctl status` shows.
//! - `EXTEND_TIMEOUT_USEC=`, while progress is made.
//!
//! # When systemd's clock is extended
//! Progress is the end of something that was waited for: a hook that returns, with or without an error; work in flight
//! that becomes less; the drain delay, which passes by itself. Whenever there was some, systemd is asked to wait for as
//! long as what runs now may still take by its timeout, and 5 s more, but never beyond the grace period
//! ([`Budget`]). It knows whether that is longer than its own `TimeoutStopSec`, and never waits for less.
//!
//! What hangs ends nothing, so it buys no time: a shutdown whose first hook hangs, or whose work in flight does not
//! become less, ends at `TimeoutStopSec`; a hook that hangs after others have ended is waited for until its own timeout
//! at most, like everywhere. A hook's timeout is no progress.
//!
//! This carries what takes longer than the unit file expects. It is no substitute for the right number there: a
//! `TimeoutStopSec` and an `ON_SHUTDOWN_GRACE_PERIOD` that are the same let all hooks run whatever hangs.
//!
//! # What is not said
//! `WATCHDOG=1` is the program's business. `NOTIFY_SOCKET` stays in the environment, and children inherit it: with
//! `NotifyAccess=main` (which comes with `Type=notify`) systemd does not listen to them. A child that uses this crate,
//! too, says nothing by itself: only the process that systemd started does (`SYSTEMD_EXEC_PID`, where that is set), or one
//! that has called [`ready`].
//!
//! No message is waited for. One for which the socket has no room is said again a moment later; where nobody listens,
//! that is told once on stderr and changes nothing.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sd_notify::NotifyState;

use crate::drain::is_ready;
use crate::plan::budget::Budget;
use crate::run::Observer;
use crate::telemetry::stderr;
use observer::Notifying;
use socket::{Channel, SAID_READY};

mod messages;
mod observer;
mod socket;

/// How long [`ready`] waits where the socket is full.
const READY_PATIENCE: Duration = Duration::from_secs(1);

/// Tells systemd that the service is ready (`READY=1`). Does nothing where `NOTIFY_SOCKET` is not set, and in a shutdown.
///
/// May be called before install. Blocks only where the socket is full, for a second at most.
///
/// # Errors
/// systemd could not be told, and will end the service when `TimeoutStartSec` is over.
pub fn ready() -> io::Result<()> {
    let Some(channel) = Channel::of_environment()? else { return Ok(()) };
    if !is_ready() {
        return Ok(());
    }
    channel.say_within(READY_PATIENCE, &[NotifyState::Ready])?;
    SAID_READY.store(true, Ordering::SeqCst);
    Ok(())
}

/// What a run does to the world, and where there is a systemd to tell, that it is told. Called at install.
pub(crate) fn beside(reporter: Arc<dyn Observer>, budget: Budget) -> Arc<dyn Observer> {
    match Channel::of_environment() {
        Ok(None) => reporter,
        Ok(Some(channel)) => Arc::new(Notifying::new(reporter, channel, budget.grace_period())),
        Err(error) => {
            stderr::line(format_args!("systemd will not be told of the shutdown: {error}"));
            reporter
        }
    }
}
