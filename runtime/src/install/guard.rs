//! Ends `main` and the shutdown together, in programs that install by [`Settings::install`](crate::Settings::install).
//!
//! The guard waits at the end of `main`. A net behind it waits at the end of the main thread, for those who lose the guard
//! and for `std::process::exit`. The net is a thread-local value: glibc calls its destructor in `exit`.

use std::fmt;
use std::ops::Deref;
use std::thread;

use crate::exit::{self, ExitMode};
use crate::install::handle::{Handle, INSTALLED};
use crate::output::final_report::Ended;
use crate::trigger::Trigger;

/// Whether the net below exists. musl and others do not call the destructors of the main thread in `exit`.
const HAS_NET: bool = cfg!(all(target_os = "linux", target_env = "gnu"));

/// Returns whether the guard must end the process after a fault. Otherwise the net replaces the exit code that `main` gives,
/// which it cannot do while handlers run.
fn replaces_code_of_main(mode: ExitMode) -> bool {
    match mode {
        ExitMode::Immediate => !HAS_NET,
        ExitMode::Atexit => true,
        // The program decides.
        ExitMode::Return => false,
    }
}

/// Ends the shutdown together with `main`. [`Settings::install`](crate::Settings::install) returns it.
///
/// Keep it in a variable of `main`, as the first one, so that it is dropped last. Its drop starts the shutdown if none has
/// begun (`main returned`, or `main panicked` while `main` unwinds), and blocks until all hooks have ended. After that
/// `main` returns, so its error is printed, and a panic goes on. So `main` may clean up before or after the guard:
///
/// ```no_run
/// use on_shutdown::{InstallError, Settings};
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let guard = Settings::new().install()?;
///     let stopper = guard.clone();
///     std::thread::spawn(move || stopper.request_shutdown("the configuration changed"));
///     let runtime = tokio::runtime::Runtime::new()?;
///     runtime.block_on(on_shutdown::draining());
///     println!("saving");
///     Ok(())
/// }
/// ```
///
/// `let _ = install()` drops the guard at once, and so stops the program at its start. Write `let _guard = ..`.
///
/// The guard dereferences to [`Handle`], and `guard.clone()` is a `Handle`.
///
/// # The exit code
/// After a shutdown without a fault, the process has the exit code of `main`. Otherwise it has the exit code of the report,
/// also if `main` returns an error: 70 or 124. With [`ExitMode::Return`] the program alone
/// decides. With [`ExitMode::Atexit`], and on systems other than Linux with glibc, a guard ends
/// the process itself after a fault, and the error of `main` is not printed.
///
/// # If the guard is lost
/// On Linux with glibc, the end of the main thread does what the guard does: if the guard was leaked or moved to another
/// thread, and if the main thread calls [`std::process::exit`]. Nothing can do that if another thread calls
/// `std::process::exit`, or for `abort`, `_exit` and a signal that is not handled. [`Settings::run`](crate::Settings::run)
/// and `#[on_shutdown::main]` need no guard.
///
/// A guard that another thread drops starts the shutdown and blocks that thread, and the process ends when the hooks have
/// ended. Drop it outside of a current-thread runtime, whose tasks do not run meanwhile, or end `main` by
/// [`end`](Self::end).
#[must_use = "dropping the guard starts the shutdown; keep it in a variable of `main`: `let _guard = ..`"]
pub struct ShutdownGuard {
    handle: Handle,
    has_ended: bool,
}

impl fmt::Debug for ShutdownGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ShutdownGuard").field(&self.handle).finish()
    }
}

impl Deref for ShutdownGuard {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.handle
    }
}

impl ShutdownGuard {
    pub(crate) fn new(handle: Handle) -> Self {
        Self { handle, has_ended: false }
    }

    /// Does what the drop of the guard does, but lets the runtime's other tasks run: starts the shutdown if none has
    /// begun. The future resolves with the report when all hooks have ended.
    ///
    /// For the end of an async `main`, above all on a current-thread runtime. `main` should return then. Where the drop of the
    /// guard ends the process after a fault, the future does so instead of resolving; see
    /// [the exit code](Self#the-exit-code).
    ///
    /// ```no_run
    /// #[tokio::main(flavor = "current_thread")]
    /// async fn main() -> Result<(), on_shutdown::InstallError> {
    ///     let guard = on_shutdown::Settings::new().install()?;
    ///     on_shutdown::draining().await;
    ///     println!("saving");
    ///     guard.end().await;
    ///     Ok(())
    /// }
    /// ```
    pub fn end(mut self) -> Ended {
        self.has_ended = true;
        self.handle.end_main(Trigger::MainReturned);
        // The future that is returned could not run the hooks.
        self.handle.run_on_only_thread(&mut thread::sleep);
        let (ended, mode) = (self.handle.ended(), self.handle.exit_mode());
        if replaces_code_of_main(mode) { ended.end_process_after_fault(mode) } else { ended }
    }
}

impl Drop for ShutdownGuard {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        let is_panicking = thread::panicking();
        self.handle.end_main(if is_panicking {
            Trigger::MainPanicked { message: "see the message of the panic above".to_owned() }
        } else {
            Trigger::MainReturned
        });
        let (code, mode) = (self.handle.wait_as_main(), self.handle.exit_mode());
        // A panic makes the exit code by itself.
        if code != 0 && !is_panicking && replaces_code_of_main(mode) {
            exit::leave(code, mode);
        }
    }
}

/// The net: its drop at the end of the main thread waits for the shutdown.
struct Net;

thread_local! {
    static NET: Net = const { Net };
}

/// Makes the end of this thread, which runs `main`, wait for the shutdown.
pub(super) fn catch_end_of_main_thread() {
    if HAS_NET {
        // The first access registers the destructor.
        NET.with(|_| ());
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        let Some(handle) = INSTALLED.get() else { return };
        handle.end_main(Trigger::MainReturned);
        let code = handle.wait_as_main();
        // Within `exit`, which has flushed stdout before. A code of 0 leaves the code that `main` or `exit` gave.
        if code != 0 && handle.exit_mode() == ExitMode::Immediate {
            exit::now(code);
        }
    }
}
