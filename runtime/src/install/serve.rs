//! Starts servers, and says so if no shutdown is installed that could end them.

use std::future::IntoFuture;
use std::panic::Location;
use std::sync::Once;

use crate::drain::{self, Draining, Tracked};
#[cfg(feature = "tracing")]
use crate::install::handle::INSTALLED;
use crate::install::handle::is_installed;
use crate::install::settings::is_in_test_binary;
use crate::telemetry::log_line::{Level, write_message};

/// Starts a server or a worker loop with a [`Draining`] future. The drain phase waits until the server has ended.
///
/// `draining` resolves when the server must stop accepting and finish the work that has begun. It resolves at once if
/// the program is already draining. See [`in_flight`](crate::in_flight()) for `name`.
///
/// ```
/// # async fn next_job() {}
/// # async fn run() {
/// on_shutdown::serve("jobs", |mut draining| async move {
///     loop {
///         tokio::select! {
///             () = &mut draining => break,
///             () = next_job() => {}
///         }
///     }
/// })
/// .await;
/// # }
/// ```
///
/// If no shutdown is installed at the first call, one line on stderr says so: no signal would drain the server. A binary that cargo has built to run tests gets no line.
#[track_caller]
pub fn serve<S, F>(name: &'static str, server: S) -> Tracked<F::IntoFuture>
where
    S: FnOnce(Draining) -> F,
    F: IntoFuture,
{
    warn_if_not_installed("serve", name, Location::caller());
    send_early_events();
    drain::serve_with(drain::in_flight(name), drain::draining(), server)
}

/// Sends what was logged at install to the subscriber of `tracing`, if the program has set one since. A program that serves
/// has set up its logs.
pub(super) fn send_early_events() {
    #[cfg(feature = "tracing")]
    INSTALLED.get().into_iter().for_each(|handle| handle.output().send_early());
}

/// Writes one line for the whole process if no shutdown is installed. `in_flight` and `track` write none: libraries call
/// them for every request, also in programs and tests that install nothing.
pub(super) fn warn_if_not_installed(function: &str, name: &str, location: &Location<'_>) {
    static ONCE: Once = Once::new();
    if is_installed() {
        return;
    }
    ONCE.call_once(|| {
        if !is_in_test_binary() {
            let (file, line) = (location.file(), location.line());
            let message = format!(
                "{function}({name:?}) at {file}:{line}: no shutdown is installed, so no signal drains it, and no hook runs; \
                 put `#[on_shutdown::main]` on `main`, or call `Settings::new().install()` before `{function}`"
            );
            write_message(Level::Warn, message);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs this test again, in another process: the line is written once for a process.
    #[test]
    fn a_test_that_serves_without_a_shutdown_gets_no_line() {
        let name = "install::serve::tests::a_test_that_serves_without_a_shutdown_gets_no_line";
        if std::env::args().any(|argument| argument == "--exact") {
            drop(serve("http", |draining| draining));
            return println!("served");
        }
        let mut again = std::process::Command::new(std::env::current_exe().unwrap());
        let output = again.args(["--exact", name, "--nocapture"]).output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && out.contains("served"), "{out}{err}");
        assert!(!err.contains("no shutdown is installed"), "{err}");
    }
}
