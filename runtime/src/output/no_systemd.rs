//! Stands in for the notification of systemd on systems that are not Unix. No systemd runs there, so nothing is sent.

use std::io;
use std::sync::Arc;

use crate::plan::budget::Budget;
use crate::run::Observer;

/// Does nothing: `NOTIFY_SOCKET` names a socket of Unix.
///
/// # Errors
/// Never.
pub fn ready() -> io::Result<()> {
    Ok(())
}

/// Returns `None`: there is no socket to notify.
pub(crate) fn observer(_budget: Budget) -> Option<Arc<dyn Observer>> {
    None
}
