//! Shutdown hooks: annotate a function, and it runs, in order and in time, when SIGTERM arrives.
//!
//! ```
//! use on_shutdown::on_shutdown;
//!
//! #[on_shutdown(timeout = "2s")]
//! async fn flush_orders() -> std::io::Result<()> {
//!     println!("what was in memory is on the disk");
//!     Ok(())
//! }
//!
//! #[on_shutdown::main]
//! async fn main() {
//!     println!("at work");
//! }
//! ```
//!
//! Every [`#[on_shutdown]`](macro@on_shutdown) function of every crate that is linked into the program is a *hook*.
//! [`#[on_shutdown::main]`](macro@main), or [`Settings::install`] for programs that own their `main`, sets the signal
//! handlers before all else. What comes first, a signal, a [`request`], the end of `main`, is the *trigger*; from there
//! the hooks run, and the process ends before the *deadline* with an exit code that says how it went.
//!
//! # What happens at SIGTERM
//! 1. [`is_ready`] turns false, [`leaving`] resolves, and the hooks of phase `announce` start. The program goes on serving
//!    for the drain delay, while gateways take it out of their lists. SIGINT, a person at a terminal, skips it.
//! 2. [`draining`] resolves: servers accept no more. The hooks of phase `drain` run; the phase ends when they have ended
//!    and nothing is in flight any more ([`serve`], [`in_flight`], [`track`]).
//! 3. The phases `stop` (the default), `close` and `flush` run. In each, groups of equal priority follow each other from
//!    high to low; the hooks of a group run concurrently, and one that is `after` others starts when those have ended.
//! 4. The report is written, stdout is flushed, and the process ends by `_exit`.
//!
//! # Time
//! The *grace period* is the time from the trigger to the platform's SIGKILL: what the program sets, else the variable
//! `ON_SHUTDOWN_GRACE_PERIOD`, else the platform's default where that gives itself away ([`Platform`]), else 10 s. A
//! margin of 15 % (1 s to 5 s; 20 % below 5 s) is kept back: the rest is the *budget*, and its end the deadline, before
//! which the process has ended. Each hook has its *timeout*, 5 s unless it says otherwise. When what is declared exceeds
//! what is left, each group gets its proportional share, at least a fiftieth of the whole; unused time flows on. A tenth
//! of the budget, and at least 1 s, is kept for `flush`.
//!
//! # When a hook misbehaves
//! An async hook is cancelled at its timeout by dropping its future. One that blocks its thread, and a sync hook, cannot
//! be stopped: it is *abandoned* with its thread, hooks `after` it are skipped, and all others go on. A panic is caught
//! (not with `panic = "abort"`, which is said at install). Hooks run on threads and runtimes of their own, so that they
//! depend on nothing that is being shut down, but for what they use of it: a socket that belongs to the program's async
//! runtime moves on only while that does.
//!
//! Every 5 s, at each timeout, and in the [`Report`], a hook that hangs is named with its place in the source and, on
//! Linux, with what its thread does: `waiting in read on fd 9, a TCP connection to 10.0.0.3:5432`.
//!
//! # Signals
//! SIGTERM and SIGINT, or [`Settings::signals`]. A repeat within a second is the same request. Later, the second SIGINT
//! is a *hurry*: no delay, no waiting for work in flight, timeouts of 1 s; the next one ends the process at once. A
//! repeated SIGTERM is noted, unless [`Settings::escalate_on_any`]. What was ignored when the program started stays
//! ignored, unless [`Settings::override_ignored`]. SIGVTALRM is used for the last resort.
//!
//! # Exit codes
//! | code | when |
//! |---|---|
//! | 128 + n | a repeated signal n forced the end |
//! | the program's own | `main` failed (1) or panicked (101), or [`exit()`] asked for a code |
//! | 124 | a hook timed out, work in flight was cut off, or the deadline came |
//! | 70 | a hook failed or panicked |
//! | 0 | otherwise; 128 + n with [`Settings::conventional`] after a stop by signal n |
//! | 78, 71 | the program did not start: its settings are wrong, or the system refused something |
//!
//! The first line that fits counts.
//!
//! # My hook did not run
//! A dependency that only stands in `Cargo.toml` is not linked, and its hooks are absent: write `use that_crate as _;`.
//! `ON_SHUTDOWN=plan program` prints every hook that there is, and runs nothing. A parameter whose value nobody gave to
//! [`provide`] skips the hook; the report says which type was missing. In a container whose PID 1 is a shell, the shell
//! gets the signal; that is said at install.
//!
//! # Features
//! - `rt-multi-thread` (default): `#[on_shutdown::main]` on an `async fn` with the multi-thread flavor.
//! - `sender` (default): the report names the process that sent the signal.
//! - `systemd`: where `NOTIFY_SOCKET` is set, systemd is told that and how the program stops, and its clock is extended.
//! - `picture`: the report as a picture, SVG or HTML ([`Report::to_svg`], [`Report::to_html`]).
//! - `tower`: requests in flight and probes as tower services.
//!
//! # What cannot be promised
//! A thread that is stuck stays until the process ends. A process in uninterruptible sleep ends when the kernel lets it.
//! A child that is forked without `exec` after install has our handlers and none of our threads: let it `exec` at once.
//! A signal that comes before `main` kills, as always; as PID 1 it is dropped by the kernel. An install while other
//! threads run can lose a signal that is delivered to one of them in the microseconds of the installation.

#![forbid(unsafe_code)]

#[cfg(all(doctest, feature = "tower"))]
#[doc = include_str!("../../README.md")]
struct Readme;

pub use after::PlanError;
pub use budget::{Budget, DEFAULT_GRACE_PERIOD, GRACE_PERIOD_VARIABLE, GraceError, GraceSource};
pub use drain::{Draining, InFlight, Tracked, WorkInFlight};
pub use drain::{draining, in_flight, is_draining, is_ready, leaving, serve, track};
pub use exit::Ending;
pub use handle::{Handle, NotInstalled, exit, provide, provide_instead, request};
pub use hook::{DEFAULT_TIMEOUT, Hook, Phase};
pub use on_shutdown_macros::{main, on_shutdown};
pub use overrides::{HOOKS_VARIABLE, OverrideError, OverrideSource};
pub use plan::Plan;
pub use platform::Platform;
pub use register::{HookSettings, RegisterError, Registration, register, register_sync};
pub use registry::{AlreadyProvided, TooLate};
pub use report::{HookReport, InFlightSeen, Noted, Outcome, OwnEnd, Report};
pub use report_file::{REPORT_VARIABLE, ReportFileError};
pub use run::{Context, Hurried};
pub use settings::{InstallError, MODE_VARIABLE, Settings};
pub use trigger::{Sender, Signal, SignalSetError, Trigger};

mod advice;
mod after;
mod budget;
mod console;
mod demand;
mod drain;
mod entry;
mod exit;
mod handle;
mod hook;
mod inspect;
#[cfg(feature = "json")]
mod json;
mod length;
mod nearest;
mod operator;
mod overrides;
#[cfg(feature = "picture")]
mod picture;
mod plan;
mod platform;
mod register;
mod registry;
mod report;
mod report_file;
mod run;
mod settings;
mod shell_form;
mod shutdown;
mod telemetry;
mod termination_log;
mod timing;
mod trigger;

#[doc(hidden)]
pub mod private;

#[cfg(feature = "systemd")]
pub mod systemd;
#[cfg(feature = "testing")]
pub mod testing;

#[cfg(feature = "tower")]
pub mod tower;
