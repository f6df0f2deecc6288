//! Starts threads, and passes a value to a thread.
//!
//! Both exist in the standard library, too. Here each is compiled once, not once for every closure or message: that makes
//! a program 100 KiB smaller.

mod one_shot;

use std::io;
use std::thread::Builder;

use crate::os;

pub(crate) use one_shot::{Receiver, Sender, one_shot};

/// The work of a thread.
pub(crate) type Work = Box<dyn FnOnce() + Send>;

/// Starts a thread with the stack that the standard library gives to threads.
///
/// # Errors
/// The system refuses the thread. Its work is dropped.
pub(crate) fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    start(named(name), Box::new(work))
}

/// Starts a thread with a stack of this size, in bytes.
///
/// # Errors
/// The system refuses the thread. Its work is dropped.
pub(crate) fn spawn_with_stack(name: &str, stack: usize, work: Work) -> io::Result<()> {
    start(named(name).stack_size(stack), work)
}

fn named(name: &str) -> Builder {
    Builder::new().name(name.to_owned())
}

fn start(thread: Builder, work: Work) -> io::Result<()> {
    if !os::HAS_THREADS {
        // As the standard library does on such a target.
        return Err(io::ErrorKind::Unsupported.into());
    }
    thread.spawn(work).map(drop)
}
