//! Notifies systemd of the shutdown (`NOTIFY_SOCKET`), and asks it for more time while the shutdown makes progress.
//!
//! For services with `Type=notify`. Without the variable `NOTIFY_SOCKET` this module does nothing. The program itself
//! reports when it is ready:
//!
//! ```no_run
//! #[on_shutdown::main]
//! async fn main() -> std::io::Result<()> {
//!     // Bind listeners and open pools first.
//!     on_shutdown::systemd::ready()?;
//!     std::future::pending().await
//! }
//! ```
//!
//! From the trigger on, the shutdown sends:
//! - `STOPPING=1` first, also if the program stops itself. systemd's stop timeout counts from this message (or from its
//!   SIGTERM), and its watchdog is off.
//! - `STATUS=` for each phase and for what the shutdown waits for, such as `drain: waiting for 3 in flight`. At the end, the
//!   first line of the report. `systemctl status` shows it.
//! - `EXTEND_TIMEOUT_USEC=`, while the shutdown makes progress.
//!
//! # When the timeout of systemd is extended
//! The shutdown makes progress when something ends that it waits for: a hook returns, with or without an error; there is
//! less work in flight; or the drain delay passes. After progress, systemd is asked to wait until the timeouts of the
//! running hooks, and 5 s more, but not beyond the grace period ([`Budget`]). systemd waits at least for its own
//! `TimeoutStopSec`.
//!
//! A hung hook does not extend the timeout, and neither does a hook that times out. If the first hook hangs, or the work
//! in flight does not become less, the shutdown ends at `TimeoutStopSec`. If a hook hangs after others have ended, systemd
//! waits at most for the timeout of that hook.
//!
//! The extension helps if a shutdown takes longer than the unit file allows. It does not replace the right number there:
//! if `TimeoutStopSec` and `ON_SHUTDOWN_GRACE_PERIOD` are equal, all hooks run even if one hangs.
//!
//! # What is not sent
//! `WATCHDOG=1` is the program's task. `NOTIFY_SOCKET` stays in the environment, and children inherit it. With
//! `NotifyAccess=main` (the default of `Type=notify`), systemd ignores their messages. A child that also uses this crate
//! sends nothing: only the process that systemd started sends (`SYSTEMD_EXEC_PID`, if it is set), or a process that has
//! called [`ready`].
//!
//! The shutdown does not wait for a message to be sent. If the socket is full, it sends the message again a moment later.
//! If nothing listens at the socket, the shutdown logs one line on stderr and continues.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sd_notify::NotifyState;

use crate::drain::is_ready;
use crate::plan::budget::Budget;
use crate::run::Observer;
use crate::telemetry::log_line::{Level, write_message};
use observer::SystemdObserver;
use socket::{Channel, READY_SENT};

mod messages;
mod observer;
mod socket;

/// Maximum time that [`ready`] waits if the socket is full.
const READY_TIMEOUT: Duration = Duration::from_secs(1);

/// Notifies systemd that the service is ready (`READY=1`).
///
/// Does nothing without `NOTIFY_SOCKET`, or if a shutdown has begun. May be called before install. Blocks only if the
/// socket is full, for at most one second.
///
/// # Errors
/// The message could not be sent. systemd will stop the service after `TimeoutStartSec`.
pub fn ready() -> io::Result<()> {
    let Some(channel) = Channel::from_environment()? else { return Ok(()) };
    if !is_ready() {
        return Ok(());
    }
    channel.send_within(READY_TIMEOUT, &[NotifyState::Ready])?;
    // SeqCst: rare, so the strongest ordering costs nothing.
    READY_SENT.store(true, Ordering::SeqCst);
    Ok(())
}

/// Returns an observer that notifies systemd, if the environment names a socket. Called at install.
pub(crate) fn observer(budget: Budget) -> Option<Arc<dyn Observer>> {
    match Channel::from_environment() {
        Ok(channel) => Some(Arc::new(SystemdObserver::new(channel?, budget.grace_period()))),
        Err(error) => {
            write_message(Level::Warn, format_args!("systemd will not be notified of the shutdown: {error}"));
            None
        }
    }
}
