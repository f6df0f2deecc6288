//! Shutdown hooks: annotate a function, and it runs, in order and in time, when SIGTERM arrives.
//!
//! ```standalone_crate
//! use on_shutdown::on_shutdown;
//!
//! #[on_shutdown(timeout = "2s")]
//! async fn flush_orders() -> std::io::Result<()> {
//!     println!("what was in memory is on the disk");
//!     Ok(())
//! }
//!
//! #[on_shutdown::main]
//! async fn main() { println!("at work") }
//! ```
//!
//! Every [`#[on_shutdown]`](macro@on_shutdown) function of every crate that is linked into the program runs when the
//! program stops, whatever the others do; the process ends before the platform kills it, and says what happened.
//!
//! # What happens on Ctrl-C
//! This is the example [`01_quickstart`](https://github.com/on-shutdown/on-shutdown/blob/main/examples/src/bin/01_quickstart.rs)
//! in a terminal. One of its six hooks hangs on purpose:
//!
//! ```text
//! ^C
//! on-shutdown: SIGINT; 6 hooks to run within 8.5 s
//! left the registry
//! stopped the consumer
//! wrote the index
//! wrote the orders
//! on-shutdown: close_pool (examples/src/bin/01_quickstart.rs:43) timed out after 540 ms, awaiting, last polled 503 ms ago
//! sent the last metrics
//! shutdown report: SIGINT; 5 completed, 1 timed out in 1.21 s of 8.5 s
//!   deregister    0  leave_registry  |###                               |    +159 µs    120 ms  completed
//!   stop       10  stop_consumer   |   #######                        |    +120 ms    251 ms  completed
//!               0  write_orders    |          ########                |    +372 ms    300 ms  completed
//!               0  write_index     |          ######                  |    +372 ms    201 ms  completed
//!   close       0  close_pool      |                  ############### |    +673 ms    540 ms  timed out, cancelled (examples/src/bin/01_quickstart.rs:43); awaiting, last polled 503 ms ago
//!   flush       0  flush_metrics   |                                 #|    +1.21 s     22 µs  completed
//! ```
//!
//! 1. [`is_ready`] turns false, [`leaving`] resolves, and the hooks of phase `deregister` start. After SIGTERM the program
//!    goes on serving for the drain delay, while gateways take it out of their lists; Ctrl-C skips the delay.
//! 2. [`draining`] resolves: servers accept no more. The hooks of phase `drain` run; the phase ends when they have ended
//!    and nothing is in flight any more ([`serve`], [`in_flight`], [`track`]).
//! 3. The phases `stop` (the default), `close` and `flush` run, each when the one before has ended. `main` goes on all
//!    the while, unless it looks at [`is_draining`] or awaits [`draining`].
//! 4. The [`Report`] is written, stdout is flushed, and the process ends by `_exit`.
//!
//! # The words
//! | word | meaning |
//! |---|---|
//! | hook | a function to run at shutdown, with its settings and its place in the source |
//! | phase | what kind of work: `deregister`, `drain`, `stop`, `close`, `flush`, in this order ([`Phase`]) |
//! | priority | higher runs first, inside its phase; equal ones run concurrently |
//! | trigger | why the program stops: a signal, a [`request_shutdown`], the end of `main` ([`Trigger`]) |
//! | draining | stop accepting, finish what has begun |
//! | in flight | work that has begun; the drain phase waits for it |
//! | timeout | how long one hook may take, counted from its own start; a hook without one may take up to 5 s of what the others leave |
//! | grace period | from the trigger to the platform's SIGKILL |
//! | deadline | when the process has ended: the trigger plus the *budget*, which is the grace period less a margin |
//! | outcome | what became of a hook: completed, failed, panicked, timed out, skipped ([`Outcome`]) |
//!
//! # Where does my cleanup go?
//! | it is | write |
//! |---|---|
//! | a function, always needed | `#[on_shutdown(..)]` on it, where the resource lives |
//! | in need of a value | a parameter, `fn close(pool: &Pool)`, and [`provide`]`(pool)` where the pool is made |
//! | there for as long as some object | [`register()`], and the [`Registration`] in that object |
//! | work that has begun and must be finished | [`serve`] around a server or a loop, [`track`] around a future, [`in_flight`] |
//! | one that needs another to be over | `after = [path::of::it]`, checked by the compiler |
//!
//! And which phase: `deregister` tells the outside, `drain` stops accepting, `stop` ends background work, `close` closes
//! what that work needed, `flush` writes out what must not be lost, telemetry last. A hook is asked for its [`HookContext`]
//! by a parameter of that type: trigger, time left, and whether somebody is in a hurry.
//!
//! # Settings
//! Arguments of [`#[on_shutdown::main]`](macro@main), or methods of [`Settings`] for programs that own their `main`:
//!
//! ```no_run,standalone_crate
//! #[on_shutdown::main(grace_period = "25s", drain_delay = "5s", signals = [SIGTERM, SIGINT, SIGQUIT])]
//! async fn main() -> std::io::Result<()> {
//!     // The handlers are set before this line, and before the async runtime is built.
//!     std::future::pending().await
//! }
//! ```
//!
//! | variable | does |
//! |---|---|
//! | `ON_SHUTDOWN=plan` | prints the [`Plan`] and ends with 0; runs nothing (`plan-json` with the feature `json`) |
//! | `ON_SHUTDOWN_GRACE_PERIOD=45s` | the grace period, where the program sets none |
//! | `ON_SHUTDOWN_HOOKS="orders::flush timeout=2s; metrics::push disabled"` | changes hooks by their full names; goes before [`Settings::hook_timeout`] and its like |
//! | `ON_SHUTDOWN_REPORT=stop.txt` | writes the report to a file, too; goes before [`Settings::report_file`] |
//!
//! What is wrong with settings, variables or hooks is said at the start, in one line with what to write instead, and the
//! program does not run (78).
//!
//! # Order and time
//! Phases follow each other; inside a phase, groups of equal priority follow each other from high to low; the hooks of a
//! group run concurrently, and one that is `after` others starts when those have ended. Never the linker's order.
//!
//! The grace period is what the program sets, else `ON_SHUTDOWN_GRACE_PERIOD`, else the platform's default where that
//! gives itself away ([`Platform`]), else 10 s. A margin of 15 % (1 s to 5 s; 20 % below 5 s) is kept back for the end
//! itself. Written timeouts come first. Hooks without one share what these leave, each up to 5 s. When the written
//! timeouts exceed what is left, each group gets its proportional share, at least a fiftieth of the whole. Unused time
//! flows on. A tenth of the budget, and at least 1 s, is kept for `flush`. A plan that does not fit ([`Plan::fits`]) is
//! named at install, with the hooks that would be cut short.
//!
//! **What if it hangs?** An async hook is cancelled at its timeout by dropping its future. One that blocks its thread, and
//! a sync hook, cannot be stopped: it is *abandoned* with its thread, hooks `after` it are skipped, and all others go on.
//! A panic is caught (not with `panic = "abort"`, which is said at install). Hooks run on threads and runtimes of their
//! own and depend on nothing that is being shut down, but for what they use of it: a socket that belongs to the program's
//! async runtime moves on only while that does. Every 5 s, at each timeout, and in the report, what hangs is named with
//! its place in the source and, on Linux, with what its thread does: `waiting in read on fd 9, a TCP connection to
//! 10.0.0.3:5432`.
//!
//! **Signals**: SIGTERM and SIGINT, or [`Settings::signals`]. A repeat within a second is the same request. Later, the
//! second SIGINT is a *hurry*: no delay, no waiting for work in flight, timeouts of 1 s; the next one ends the process at
//! once. A repeated SIGTERM is later_triggers, unless [`Settings::escalate_on_any`]. What was ignored when the program started stays
//! ignored, unless [`Settings::handle_ignored_signals`]. SIGVTALRM is used for the last resort.
//!
//! # Exit codes
//! | code | when; the first line that fits counts |
//! |---|---|
//! | 128 + n | a repeated signal n forced the end |
//! | the program's own | `main` failed (1) or panicked (101), or [`request_exit`] asked for a code |
//! | 124 | a hook timed out or was skipped for lack of time, work in flight was cut off, or the deadline came |
//! | 70 | a hook failed, panicked, or was skipped because a value was missing |
//! | 0 | otherwise; 128 + n with [`Settings::signal_exit_code`] after a stop by signal n |
//! | 78, 71 | the program did not start: its settings are wrong, or the system refused something |
//!
//! Why did pod 7 exit 124? [docs/oncall.md] reads the report line by line.
//!
//! # My hook did not run
//! - **Is its crate linked?** A dependency that only stands in `Cargo.toml` is not, and its hooks are absent: write
//!   `use that_crate as _;`. `ON_SHUTDOWN=plan program` prints every hook that there is; a test finds those that are
//!   missing: `testing::assert_dependencies_linked`. For library authors: [docs/libraries.md].
//! - **Was its value provided?** A parameter whose value nobody gave to [`provide`] skips the hook; the report says which
//!   type was missing. A parameter `Option<T>` does without.
//! - **Is a shutdown installed?** Without `#[on_shutdown::main]` or [`Settings::install`] nothing is.
//! - **Did the signal come?** In a container whose PID 1 is a shell, the shell gets it; that is said at install.
//! - **Was it dropped?** Dropping a [`Registration`] takes its hook out: hold it, or [`keep`](Registration::keep) it.
//! - **Did it come too late, or after one that was abandoned?** Then the report has it as `skipped`, with the reason.
//!
//! # Testing
//! With the feature `testing`, in `[dev-dependencies]`, the hooks of a program run in its unit tests: no signal, no exit,
//! a virtual clock, and faults on demand. What a user writes in `src/main.rs`:
//!
//! ```standalone_crate
//! # #[cfg(feature = "testing")] {
//! use on_shutdown::testing::{Shutdown, assert_fits};
//! use on_shutdown::{Outcome, Signal, on_shutdown};
//!
//! #[on_shutdown(timeout = "2s")]
//! async fn flush_orders() {}
//!
//! #[on_shutdown(phase = close, after = [flush_orders], timeout = "1s")]
//! fn close_pool() {}
//!
//! // In a `#[test]`:
//! let report = Shutdown::new().hang("flush_orders").start(Signal::SIGTERM).finish();
//! assert_eq!(report.hook("close_pool").map(|hook| &hook.outcome), Some(&Outcome::Completed));
//! assert_eq!(report.exit_code, 124);
//! assert_fits(Shutdown::new().plan());
//! # }
//! ```
//!
//! See the module `testing`, and the example
//! [`09_testing`](https://github.com/on-shutdown/on-shutdown/blob/main/examples/src/bin/09_testing.rs).
//!
//! # Platforms
//! Linux is what it is tested on: on a host, as PID 1 of a container, under systemd. Other Unix systems compile less of it
//! (the last resort is a thread, not a timer of the kernel; nobody tells what a thread does) and are not tested. Windows is
//! not supported. Grace periods, what gives a platform away, and how to start a program in a container so that the signal
//! comes: [docs/platforms].
//!
//! # Comparisons
//! [tokio-graceful-shutdown] has a tree of subsystems that can be stopped and restarted in parts, which this crate has not;
//! [signal-mod] has enforced deadlines as well, and Windows; [swansong] is for a part of a program. Of other languages,
//! Akka's `CoordinatedShutdown` has phases, too; Spring's `SmartLifecycle` and fx stop in the reverse order of the start.
//! A table where each cell has a source, and tables for moving from one to the other: [docs/comparisons.md]. Three programs
//! before and after: [docs/migrations.md]. What becomes of the other hooks when one misbehaves, measured:
//! [docs/worst-day.md].
//!
//! # Features
//! | feature | default | for |
//! |---|---|---|
//! | `rt-multi-thread` | yes | `#[on_shutdown::main]` on an `async fn` with the multi-thread flavor |
//! | `sender` | yes | the report names the process that sent the signal |
//! | `terminal` | | the report is as wide as the terminal |
//! | `tower` | | requests in flight and probes as tower services: axum, tonic, hyper |
//! | `json` | | plan and report as JSON, and `Serialize` for both |
//! | `tracing`, `metrics` | | spans and events, and figures, where somebody listens: [docs/telemetry.md] |
//! | `systemd` | | systemd is told that and how the program stops, and its clock is extended |
//! | `testing` | | see above; for `[dev-dependencies]` |
//!
//! A library takes none of them: `default-features = false`.
//!
//! The command `on-shutdown-report`, a package of its own, reads reports in JSON and shows them as text, HTML, SVG or as a
//! trace for Perfetto: [docs/report.md].
//!
//! # What cannot be promised
//! A thread that is stuck stays until the process ends. A process in uninterruptible sleep ends when the kernel lets it.
//! A child that is forked without `exec` after install has our handlers and none of our threads: let it `exec` at once.
//! A signal that comes before `main` kills, as always; as PID 1 it is dropped by the kernel. An install while other
//! threads run can lose a signal that is delivered to one of them in the microseconds of the installation. With
//! `panic = "abort"` the first panic is the end. SIGKILL, and power that fails, run no hook: what must survive these is
//! not to be left to a shutdown.
//!
//! [docs/oncall.md]: https://github.com/on-shutdown/on-shutdown/blob/main/docs/oncall.md
//! [docs/libraries.md]: https://github.com/on-shutdown/on-shutdown/blob/main/docs/libraries.md
//! [docs/platforms]: https://github.com/on-shutdown/on-shutdown/blob/main/docs/platforms
//! [docs/comparisons.md]: https://github.com/on-shutdown/on-shutdown/blob/main/docs/comparisons.md
//! [docs/migrations.md]: https://github.com/on-shutdown/on-shutdown/blob/main/docs/migrations.md
//! [docs/worst-day.md]: https://github.com/on-shutdown/on-shutdown/blob/main/docs/worst-day.md
//! [docs/report.md]: https://github.com/on-shutdown/on-shutdown/blob/main/docs/report.md
//! [docs/telemetry.md]: https://github.com/on-shutdown/on-shutdown/blob/main/docs/telemetry.md
//! [tokio-graceful-shutdown]: https://docs.rs/tokio-graceful-shutdown
//! [signal-mod]: https://docs.rs/signal-mod
//! [swansong]: https://docs.rs/swansong

#![forbid(unsafe_code)]

#[cfg(all(doctest, feature = "tower"))]
#[doc = include_str!("../../README.md")]
struct Readme;

// The examples of the attributes, which the macro crate cannot run: it would depend on this crate.
#[cfg(doctest)]
#[doc = include_str!("../../macros/docs/on_shutdown.md")]
struct OnShutdownAttribute;

#[cfg(doctest)]
#[doc = include_str!("../../macros/docs/hook.md")]
struct HookAttribute;

#[cfg(doctest)]
#[doc = include_str!("../../macros/docs/main.md")]
struct MainAttribute;

pub use drain::{Draining, InFlight, Leaving, Tracked, WorkInFlight};
pub use drain::{draining, in_flight, is_draining, is_ready, leaving, serve, track};
pub use exit::ExitMode;
pub use hook::context::{FastShutdown, HookContext};
pub use hook::registry::{AlreadyProvidedError, TooLateError};
pub use hook::{DEFAULT_TIMEOUT, Hook, Phase};
pub use install::handle::{Handle, NotInstalledError, provide, replace_provided, request_exit, request_shutdown};
pub use install::register::{HookSettings, RegisterError, Registration, register, register_sync};
pub use install::settings::{InstallError, MODE_ENV, Settings};
pub use on_shutdown_macros::{hook, main, on_shutdown};
#[cfg(feature = "systemd")]
pub use output::systemd;
pub use plan::Plan;
pub use plan::budget::{Budget, DEFAULT_GRACE_PERIOD, GRACE_PERIOD_ENV, GraceError, GraceSource};
pub use plan::order::PlanError;
pub use plan::overrides::{HOOKS_ENV, OverrideError, OverrideSource};
pub use plan::platform::Platform;
pub use report::file::{REPORT_ENV, ReportFileError};
pub use report::{HookReport, InFlightSample, LaterTrigger, Outcome, ProgramExit, Report, SkipReason};
pub use trigger::{Sender, Signal, SignalSetError, Trigger};

mod drain;
mod duration_text;
mod exit;
mod hook;
mod inspect;
mod install;
mod output;
mod plan;
mod report;
mod run;
mod telemetry;
mod trigger;
mod user_code;

#[doc(hidden)]
pub mod private;

#[cfg(feature = "testing")]
pub mod testing;

#[cfg(feature = "tower")]
pub mod tower;
