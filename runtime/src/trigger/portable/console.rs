//! Listens to the events of the console of Windows, through tokio.
//!
//! | event | signal | sent by |
//! |---|---|---|
//! | CTRL_C | SIGINT | a person at the console |
//! | CTRL_BREAK | SIGQUIT | a person at the console, or a process that has started this one in a group of its own |
//! | CTRL_CLOSE | SIGHUP | the console that is closed; the process ends 5 s later |
//! | CTRL_SHUTDOWN | SIGTERM | the system that stops, and `docker stop` |
//!
//! This is the mapping of .NET. CTRL_LOGOFF is left to the system: only services get it, at the log-off of every user, and
//! a service must continue to run.
//!
//! tokio, not `ctrlc`: that crate does not tell which event has arrived, and its handler returns at once, which ends the
//! process after CTRL_CLOSE and CTRL_SHUTDOWN. tokio keeps the handler's thread until the process ends itself.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};

use tokio::runtime::Builder;
use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};

use crate::threads;
use crate::trigger::Signal;

/// Polls for the next event of one kind. Ready with `None` if there is no other.
type Listener = Box<dyn FnMut(&mut Context<'_>) -> Poll<Option<()>> + Send>;

/// Starts a thread that calls `arrived` at each event. From now on none of these events ends the process.
pub(super) fn listen(signals: &[Signal], arrived: impl Fn(Signal) + Send + 'static) -> io::Result<()> {
    if signals.is_empty() {
        return Ok(());
    }
    // On this thread, so that the handler is set when this returns.
    let mut listeners = Vec::new();
    for signal in signals {
        if let Some(listener) = listener(*signal)? {
            listeners.push((*signal, listener));
        }
    }
    // Without I/O and timers: events come from a thread of the system.
    let runtime = Builder::new_current_thread().build()?;
    let work = move || {
        runtime.block_on(poll_fn(|context| {
            for (signal, listener) in &mut listeners {
                while let Poll::Ready(Some(())) = listener(context) {
                    arrived(*signal);
                }
            }
            Poll::<()>::Pending
        }));
    };
    threads::spawn("shutdown-events", work)
}

/// Sets the handler for the event. `None` if Windows has no event for the signal.
fn listener(signal: Signal) -> io::Result<Option<Listener>> {
    Ok(Some(match signal {
        Signal::SIGINT => {
            let mut events = ctrl_c()?;
            Box::new(move |context| events.poll_recv(context))
        }
        Signal::SIGQUIT => {
            let mut events = ctrl_break()?;
            Box::new(move |context| events.poll_recv(context))
        }
        Signal::SIGHUP => {
            let mut events = ctrl_close()?;
            Box::new(move |context| events.poll_recv(context))
        }
        Signal::SIGTERM => {
            let mut events = ctrl_shutdown()?;
            Box::new(move |context| events.poll_recv(context))
        }
        _ => return Ok(None),
    }))
}
