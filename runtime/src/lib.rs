//! Runs shutdown hooks: annotated functions run in order and in time when SIGTERM arrives.
//!
//! ```standalone_crate
//! use on_shutdown::on_shutdown;
//!
//! #[on_shutdown(phase = flush, timeout = "2s")]
//! async fn flush_orders() -> std::io::Result<()> {
//!     println!("wrote the orders to the disk");
//!     Ok(())
//! }
//!
//! #[on_shutdown::main]
//! async fn main() { println!("working") }
//! ```
//!
//! When the program stops, every [`#[on_shutdown]`](macro@on_shutdown) function runs, in every crate that is linked into
//! the program. A hook that fails, panics or hangs does not keep the others from running. The process ends before the
//! platform kills it, and writes a report.
//!
//! # What happens on Ctrl-C
//! This is the example [`01_quickstart`](https://github.com/on-shutdown/on-shutdown/blob/main/examples/quickstart/01_quickstart.rs)
//! in a terminal, without the lines that its `main` prints. One of its six hooks hangs on purpose:
//!
//! ```text
//! ^C
//! on-shutdown: SIGINT; 6 hooks to run within 8.5 s
//! left the registry
//! stopped the consumer
//! wrote the index
//! wrote the orders
//! on-shutdown: close_pool (examples/quickstart/01_quickstart.rs:45) timed out after 510 ms, awaiting, last polled 500 ms ago
//! sent the last metrics
//! shutdown report: SIGINT; 5 completed, 1 timed out in 1.18 s of 8.5 s
//!   deregister    0  leave_registry  |###                            |    +107 µs    120 ms  completed
//!   stop          0  stop_consumer   |   ######                      |    +120 ms    251 ms  completed
//!   flush         0  write_orders    |         ########              |    +371 ms    300 ms  completed
//!                 0  write_index     |         ######                |    +372 ms    202 ms  completed
//!   close         0  close_pool      |                 ############# |    +672 ms    510 ms  timed out, cancelled (examples/quickstart/01_quickstart.rs:45); awaiting, last polled 500 ms ago
//!   finalize      0  send_metrics    |                              #|    +1.18 s    131 µs  completed
//! ```
//!
//! 1. [`is_ready`] turns false, [`leaving`] resolves, and the hooks of the phase `deregister` start. After SIGTERM, the
//!    program continues to serve for the drain delay, while gateways remove it from their lists. Ctrl-C skips the delay.
//! 2. [`draining`] resolves: servers stop accepting. The hooks of the phase `drain` run. The phase ends when they have
//!    ended and no work is in flight ([`serve`], [`in_flight`], [`track`]).
//! 3. The phases `stop` (the default), `flush`, `close` and `finalize` run, one after the other. `main` continues to run,
//!    unless it checks [`is_draining`] or awaits [`draining`].
//! 4. The [`Report`] is written, stdout is flushed, and the process ends by `_exit`.
//!
//! # Terms
//! | term | meaning |
//! |---|---|
//! | hook | a function that runs at shutdown, with its settings and its location in the source |
//! | phase | the kind of work: `deregister`, `drain`, `stop`, `flush`, `close`, `finalize`, in this order ([`Phase`]) |
//! | priority | inside a phase, hooks with a higher priority run first; hooks with equal priorities run concurrently |
//! | trigger | why the program stops: a signal, a [`request_shutdown`], the end of `main` ([`Trigger`]) |
//! | draining | the program stops accepting work, and finishes the work that has begun |
//! | in flight | work that has begun; the drain phase waits for it |
//! | timeout | how long one hook may run, counted from its start |
//! | grace period | the time from the trigger to the platform's SIGKILL |
//! | budget | the grace period less a safety margin ([`Budget`]) |
//! | deadline | when the process has ended: the trigger plus the budget |
//! | outcome | how a hook ended: completed, failed, panicked, timed out, skipped ([`Outcome`]) |
//!
//! # Where to put cleanup code
//! | the cleanup | write |
//! |---|---|
//! | is always needed | `#[on_shutdown(..)]` on a function, in the module that owns the resource |
//! | needs a value | a parameter, `fn close(pool: &Pool)`, and [`provide`]`(pool)` where the program makes the pool |
//! | is made at run time | [`register()`]; the hook stays until the program ends or calls [`Registration::unregister`] |
//! | belongs to an object | [`register()`]; store the guard from [`Registration::into_guard`] in the object |
//! | is work that must be finished | [`serve`] for a server or a loop, [`track`] for a future, or [`in_flight`] |
//! | ends a WebSocket or another upgraded connection | [`track_fn`] around its handler, and [`draining`]: [docs/servers.md] |
//! | must run after another hook | `after = [path::of::hook]`, which the compiler checks |
//!
//! Select the phase by the kind of work. `deregister` tells other services that this instance leaves. `drain` stops
//! accepting. `stop` ends background work. `flush` writes buffers, through connections that are still open. `close` closes
//! connections and pools. `finalize` exports the last telemetry.
//!
//! A parameter of type [`HookContext`] gives the hook the trigger, the time that is left, and whether the shutdown is fast
//! ([`HookContext::is_fast`], [`HookContext::fast_shutdown`]).
//!
//! # Install the shutdown
//! A program that owns its `main` calls [`Settings::install`] first, and keeps the [`ShutdownGuard`] in a variable. The drop
//! of the guard runs the hooks if `main` ends by itself, and waits for them. A clean-up at the end of `main` stays where it
//! is: a `main` that awaits [`draining`] is work in flight until it returns.
//!
//! ```no_run
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     // Not `let _ =`, which drops the guard at once, and so stops the program.
//!     let _guard = on_shutdown::Settings::new().install()?;
//!     on_shutdown::draining().await;
//!     println!("saving");
//!     Ok(())
//! }
//! ```
//!
//! [`#[on_shutdown::main]`](macro@main) needs no guard. It also makes the async runtime, sets the signal handlers before it,
//! and shows the error of a `main` that fails in the report. [`Settings::run`] does the same for a sync `main`, without the
//! attribute.
//!
//! # Settings
//! Settings are methods of [`Settings`], or arguments of the attribute:
//!
//! ```no_run,standalone_crate
//! #[on_shutdown::main(drain_delay = "2s", signals = [SIGTERM, SIGINT, SIGHUP])]
//! async fn main() -> std::io::Result<()> {
//!     // The handlers are set before this line, and before the async runtime is built.
//!     std::future::pending().await
//! }
//! ```
//!
//! ## Environment variables
//! | environment variable | effect | the same in the program |
//! |---|---|---|
//! | `ON_SHUTDOWN=plan` | prints the [`Plan`], runs nothing, and ends with exit code 0 (`plan-json` with the feature `json`) | [`Settings::plan`] |
//! | `ON_SHUTDOWN=check` | the same; exit code 78 if there are warnings ([`MODE_ENV`]) | `testing::assert_no_warnings` |
//! | `ON_SHUTDOWN_GRACE_PERIOD=45s` | sets the grace period, also where the program sets another | [`Settings::grace_period`] |
//! | `ON_SHUTDOWN_DRAIN_DELAY=5s` | sets the drain delay | [`Settings::drain_delay`] |
//! | `ON_SHUTDOWN_HOOKS="orders::flush timeout=2s; metrics::push disabled"` | changes hooks by their full names | [`Settings::hook_timeout`], [`Settings::hook_priority`], [`Settings::disable_hook`] |
//! | `ON_SHUTDOWN_REPORT=stop.txt` | also writes the report to a file; `{pid}` in the path becomes the process id | [`Settings::report_file`] |
//! | `ON_SHUTDOWN_FORMAT=json` | writes each line of stderr as a JSON object (feature `json`) | [`Settings::format`] |
//!
//! **The program goes before the variable, then the platform, then the default.** What the program sets in [`Settings`] or
//! in the arguments of `main` was tested with it. So leave open what operators shall decide, such as the drain delay. The
//! settings of `#[on_shutdown]` on a hook are its defaults: `ON_SHUTDOWN_HOOKS` changes them, and can disable every hook.
//!
//! **The grace period is the exception: its variable goes first.** It is no choice of the program, but a fact about the
//! platform, which only the operator knows. A program that believes in more time than the platform gives is killed.
//!
//! **The variables hold for children as well**, because a child inherits the environment of its parent. What that means for
//! a child that uses this crate:
//!
//! | variable | in the child |
//! |---|---|
//! | `ON_SHUTDOWN` | it prints its plan and does no work; see [`MODE_ENV`] |
//! | `ON_SHUTDOWN_GRACE_PERIOD` | the same grace period, also if the child's program sets its own. If the parent gives its child less time, it sets another value |
//! | `ON_SHUTDOWN_DRAIN_DELAY` | the same drain delay. A child that answers no requests sets its own, zero |
//! | `ON_SHUTDOWN_HOOKS` | entries for crates that only the parent links are ignored, with one warning each; see [`HOOKS_ENV`] |
//! | `ON_SHUTDOWN_REPORT` | Linux: if the parent writes to the file, the child writes to `stop.4711.txt`, and says so. Elsewhere, and for programs that a script starts: write `stop.{pid}.txt`; see [`REPORT_ENV`] |
//! | `ON_SHUTDOWN_FORMAT` | the same format. Without the feature `json`, text and a warning; see [`FORMAT_ENV`] |
//!
//! To keep a variable from a child, remove it where the child starts: `command.env_remove(on_shutdown::HOOKS_ENV)`.
//!
//! A variable without effect is one line at install: the program sets another value, or the variable is unknown
//! (`ON_SHUTDOWN_GRACEPERIOD`). A blank variable counts as not set. Names that begin with `ON_SHUTDOWN` belong to this
//! crate.
//!
//! The names are constants: [`MODE_ENV`], [`GRACE_PERIOD_ENV`], [`DRAIN_DELAY_ENV`], [`HOOKS_ENV`],
//! [`REPORT_ENV`], [`FORMAT_ENV`]. If settings, variables or
//! hooks are wrong, the program does not start. One line on stderr says what to write instead, and the exit code is 78.
//!
//! # Order and time
//! Phases run one after the other. Inside a phase, groups of hooks with equal priority run one after the other, from high
//! to low. The hooks of a group run concurrently. A hook that is `after` others starts when they have ended. The order does
//! not depend on the linker.
//!
//! The grace period is that of `ON_SHUTDOWN_GRACE_PERIOD`, otherwise the one that the program sets, otherwise the default of
//! the platform if it can be detected ([`Platform`]), otherwise 10 s (Windows: 5 s). The margin for the end of the process is 15 %: at least
//! 1 s and at most 5 s, and 20 % of a grace period under 5 s. A tenth of the budget, and at least 1 s (but never more
//! than half), is kept for `flush` and the phases after it.
//!
//! The drain delay is the one that the program sets, otherwise `ON_SHUTDOWN_DRAIN_DELAY`, otherwise 5 s on Kubernetes (at
//! most a quarter of the usable time), otherwise zero. A program that answers no requests sets zero.
//!
//! Hooks with a written timeout get it. Hooks without one share the time that is left, up to 5 s each
//! ([`DEFAULT_TIMEOUT`]). If the written timeouts exceed the time, each group gets its proportional share, and a group with
//! a long timeout leaves something for every other. Time that a hook does not use is available to later hooks. If a plan
//! does not fit ([`Plan::fits`]), a warning at install names the hooks that would be cut short.
//!
//! **For how long is work in flight waited for?** Until only the time is left that later hooks are promised: the timeouts
//! that are written, and 1 s for a hook without one (a tenth of the usable time if that is less). Work in flight gets at
//! least half of the time before `flush` that is left when the hooks of `drain` have ended, and at least
//! [`Settings::min_drain_time`]. It gets no more than [`Settings::max_drain_time`]. `ON_SHUTDOWN=plan` prints until when,
//! and which hooks the rest is kept for. The report says the same of work that was cut off. If a hook declares 4 s and takes
//! 60 ms, write a shorter timeout.
//!
//! **What if a task dies while the program runs?** With [`spawn`], an error, a panic or an early end of the task starts the
//! shutdown: the other parts drain, the report names the task, and the exit code is 1 or 101. [`Task`] has the variants.
//! On-shutdown does not notice the death of a task that `tokio::spawn` has started.
//!
//! **What if a hook hangs?** At its timeout, an async hook is *cancelled*: its future is dropped. A sync hook, and an async
//! hook that blocks its thread, cannot be stopped. It is *abandoned* with its thread; hooks that are `after` it are skipped,
//! and all others run. A panic is caught, except with `panic = "abort"`, which causes a warning at install.
//!
//! Hooks run on their own threads and async runtimes, so they do not depend on the health of the program's runtime. There
//! is one exception: a socket that belongs to the program's runtime only works while that runtime does. The threads have
//! as much stack as `main` (`ulimit -s`, at most 64 MiB), or `RUST_MIN_STACK` if it is larger.
//!
//! An async hook runs in a tokio runtime of its own with one thread, which it may block. A sync hook runs in the context
//! of the program's tokio runtime, if the attribute has made it or [`Settings::install`] was called inside it: a `Drop` may
//! spawn its release, and `Handle::current().block_on(..)` works. Otherwise a sync hook has the context of a runtime that
//! runs what was spawned when the hook has returned. In both cases the hook waits up to 250 ms for what it has spawned.
//! `block_in_place` panics in an async hook, and the report says what to write instead.
//!
//! Every 5 s, at each timeout, and in the report, the hooks that hang are listed with their locations. On Linux, the list
//! also shows what their threads are doing: `waiting in read on fd 9, a TCP connection to 10.0.0.3:5432`.
//!
//! **Signals.** SIGTERM and SIGINT start a shutdown; [`Settings::signals`] changes the set. A signal within a second of the
//! first is the same request. Later, a SIGINT makes the shutdown *fast*: no drain delay, no waiting for work in flight, and
//! timeouts of at most 1 s. The next SIGINT ends the process at once. A later SIGTERM is logged and
//! ignored, unless [`Settings::escalate_on_any`] is set. A signal that was ignored when the program started stays ignored,
//! unless [`Settings::handle_ignored_signals`] is set. A terminal that is closed sends SIGHUP, which ends the program without
//! hooks unless SIGHUP is in the set: see [`Settings::signals`]. The last-resort timer uses SIGVTALRM. If the program handled
//! SIGVTALRM before the install, a thread takes the place of the timer.
//!
//! # Exit codes
//! The first row that applies gives the code:
//!
//! | code | when |
//! |---|---|
//! | 128 + n | a repeated signal n forced the end |
//! | the program's own | `main` or a [`Task`] failed (1) or panicked (101), or the program called [`request_exit`] |
//! | 124 | a hook timed out or was skipped for lack of time, work in flight was cut off, or the deadline passed |
//! | 70 | a hook failed, panicked, or was skipped because a value was missing |
//! | 0 | otherwise; 128 + n with [`Settings::signal_exit_code`] after a clean shutdown by signal n |
//! | 78, 71 | the program did not start: its settings are wrong, or the system refused something |
//!
//! The [`ShutdownGuard`] of [`Settings::install`] does not see the error of `main`: a `main` that fails gives the code only if
//! the report gives 0.
//!
//! [docs/oncall.md] explains the report line by line.
//!
//! # My hook did not run
//! - **Is its crate linked?** A dependency that is only listed in `Cargo.toml` is not linked, so its hooks are absent. Write
//!   `use that_crate as _;`. `ON_SHUTDOWN=plan program` prints all hooks that are linked, and the test helper
//!   `testing::assert_dependencies_linked` finds missing ones. For library authors: [docs/libraries.md].
//! - **Was its value provided?** A hook is skipped if the program has not called [`provide`] with a value for a parameter.
//!   The report shows the missing type, and a value of a similar type if one was provided: an `Arc<Db>` instead of a `Db`.
//!   The exit code is 70. A parameter of type `Option<T>` is optional. [`Report`] has `assert_clean` for tests.
//! - **Is a shutdown installed?** The program needs [`Settings::install`], `#[on_shutdown::main]` or [`Settings::run`]. The
//!   guard of `install` must live until `main` ends.
//! - **Did the program call `exit`?** [`std::process::exit`] on a thread other than the main thread, and in a hook, ends
//!   the process at once. Call [`request_exit`], or return from `main`. [docs/oncall.md] has the lines for clippy that find
//!   such calls.
//! - **Did the signal arrive?** If PID 1 of a container is a shell, the shell gets the signal. A warning at install says so.
//! - **Was the terminal closed?** The end of an ssh session sends SIGHUP, which is not in the default set:
//!   [`Settings::signals`].
//! - **Was it removed?** [`Registration::unregister`] removes a hook, and so does the drop of a [`HookGuard`]. A guard in
//!   a variable of `main` is dropped when `main` returns. Dropping a [`Registration`] keeps the hook.
//! - **Was it skipped?** The report shows the reason: there was no time left, or the hook is `after` an abandoned one.
//!
//! [docs/nothing-is-lost.md] lists every way in which a hook, a piece of work or a setting can be without effect.
//!
//! # Parts of the program
//! A [`Scope`] is a part that is stopped alone while the process goes on, and started again: a listener that is reloaded, a
//! tenant, a plugin. [`Scope::shut_down`] stops its work, its tasks and its registered hooks as the shutdown of a process
//! does, and returns a [`Report`]. A shutdown of the process includes its scopes.
//!
//! # Testing
//! With the feature `testing` in `[dev-dependencies]`, the hooks of a program run in its unit tests, without signals and
//! without an exit, on a virtual clock. Tests can make hooks hang or fail. For example, in `src/main.rs`:
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
//! See the module `testing` and the example
//! [`09_testing`](https://github.com/on-shutdown/on-shutdown/blob/main/examples/src/bin/09_testing.rs).
//!
//! # Features
//! | feature | default | adds |
//! |---|---|---|
//! | `rt-multi-thread` | yes | `#[on_shutdown::main]` on an `async fn` with the multi-thread flavor |
//! | `sender` | | the process that sent the signal, in the report. Needs a C compiler |
//! | `terminal` | | a report as wide as the terminal |
//! | `tower` | | tower services for requests in flight and probes: axum, tonic, hyper |
//! | `json` | | plan and report as JSON, and `Serialize` for both |
//! | `tracing`, `metrics` | | spans, events and metrics: [docs/telemetry.md] |
//! | `systemd` | | notifications to systemd, and longer stop timeouts |
//! | `testing` | | hooks in unit tests; for `[dev-dependencies]` |
//!
//! A library enables none of them: `default-features = false`.
//!
//! All features are additive. A dependency may enable `tracing`: if a subscriber takes the report of a shutdown that was not
//! a [success](Report::is_success), one line with the exit code still goes to stderr.
//!
//! The separate command `on-shutdown-report` reads reports in JSON. It shows them as text, HTML, SVG, or as a trace for
//! Perfetto: [docs/report.md].
//!
//! # Versions
//! This crate follows semantic versioning as cargo applies it: a release may break code only if it changes the first number
//! that is not 0, as from 0.1 to 0.2. The exit codes, the names of the environment variables, settings and features, and
//! the JSON format under one `format` number are part of the public API. The text of the report and of log lines is not.
//!
//! Only one version can be linked into a program, because hooks of a second version would never run. The manifest declares
//! `links = "on-shutdown"`, so cargo refuses a program whose crates need 0.1 and 0.2. A breaking release therefore affects
//! all crates of a program at once: a library that upgrades to 0.2 makes a breaking release itself. A library requires a
//! caret version (`"0.1"`), never an exact one. The crate `on-shutdown-macros` always has the same version.
//!
//! For this reason breaking changes are collected into few releases. Public enums and structs are `non_exhaustive` where
//! additions are likely, and the new API goes into a compatible release first if possible. Version 1.0 follows when a 0.x
//! release has needed no breaking change for six months. A 2.0 would have the same cost for all crates of a program, so none
//! is planned.
//!
//! # Platforms
//! The crate is tested on Linux: on a host, as PID 1 of a container, and under systemd. It compiles for macOS, FreeBSD, Android,
//! Windows and wasm. There, the last resort is a thread instead of a kernel timer, and the report does not show what threads
//! are doing. On Windows, events of the console take the place of signals. On wasm the shutdown runs on the only thread.
//! [docs/platforms] says what has been run where, lists the grace periods and markers of platforms, and shows how to start
//! a program in a container so that it gets the signal.
//!
//! # Comparisons
//! [tokio-graceful-shutdown] has a tree of subsystems that can be stopped and restarted separately; here a [`Scope`] is such
//! a part. [signal-mod] also enforces deadlines, and supports Windows. [swansong] is for a part of a program. In other
//! languages, Akka's `CoordinatedShutdown` also has phases; Spring's `SmartLifecycle` and fx stop in the reverse order of
//! the start.
//!
//! [docs/comparisons.md] compares them in a table with sources, and [docs/migrations.md] shows programs before and
//! after. [docs/worst-day.md] measures what happens to other hooks when one misbehaves.
//!
//! # Limits
//! - A stuck thread stays until the process ends. A process in uninterruptible sleep ends when the kernel allows it.
//! - A child that was forked without `exec` after install has the signal handlers and none of the threads. It must call
//!   `exec` at once.
//! - A signal before `main` kills the process. As PID 1, the kernel drops the signal.
//! - If other threads run during the install, a signal that is delivered to one of them in these microseconds can be lost.
//! - With `panic = "abort"`, the first panic ends the process.
//! - SIGKILL and a power failure run no hook. Do not leave it to a shutdown to store data that must survive them.
//!
//! [docs/oncall.md]: https://github.com/on-shutdown/on-shutdown/blob/main/docs/oncall.md
//! [docs/servers.md]: https://github.com/on-shutdown/on-shutdown/blob/main/docs/servers.md
//! [docs/nothing-is-lost.md]: https://github.com/on-shutdown/on-shutdown/blob/main/docs/nothing-is-lost.md
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
// docs.rs builds with nightly and `--cfg docsrs`: each item shows the feature that it needs.
#![cfg_attr(docsrs, feature(doc_cfg))]

// Compiles the examples of the README, one of which needs `tower`.
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
pub use drain::{draining, in_flight, is_draining, is_ready, leaving, track, track_fn};
pub use exit::ExitMode;
pub use hook::context::{FastShutdown, HookContext};
pub use hook::registry::{AlreadyProvidedError, TooLateError};
pub use hook::{DEFAULT_TIMEOUT, HookError, Phase, UnknownPhaseError};
pub use inspect::OpenConnection;
pub use install::guard::ShutdownGuard;
pub use install::handle::{Handle, NotInstalledError, is_installed};
pub use install::handle::{plan, provide, replace_provided, request_exit, request_shutdown};
pub use install::register::{HookGuard, HookSettings, RegisterError, Registration, register, register_sync};
pub use install::scope::lifecycle::ScopeError;
pub use install::scope::{Scope, ScopeEnded};
pub use install::serve::serve;
pub use install::settings::{InstallError, MODE_ENV, Settings};
pub use install::task::{Task, TaskFuture, TaskHandle, TaskOutput, spawn};
pub use on_shutdown_macros::{hook, main, on_shutdown};
pub use output::final_report::Ended;
#[cfg(feature = "systemd")]
pub use output::systemd;
pub use plan::budget::{Budget, DEFAULT_GRACE_PERIOD, GRACE_PERIOD_ENV, GraceError, GraceSource};
pub use plan::drain_delay::{DRAIN_DELAY_ENV, DrainDelayError, DrainDelaySource};
pub use plan::kept_time::KeptTime;
pub use plan::order::PlanError;
pub use plan::overrides::{HOOKS_ENV, OverrideError, OverrideSource};
pub use plan::platform::Platform;
pub use plan::{Hook, Plan};
pub use report::file::{REPORT_ENV, ReportFileError};
pub use report::process_info::ProcessInfo;
pub use report::{
    CutOff, HookReport, InFlightSample, LaterTrigger, Outcome, ProgramExit, Report, SimilarValue, SkipReason,
};
pub use telemetry::log_format::{FORMAT_ENV, LogFormat};
pub use trigger::{Sender, Signal, SignalSetError, Trigger, UnknownSignalError};

#[cfg(test)]
mod auto_traits;
mod drain;
mod duration_text;
mod exit;
mod hook;
mod inspect;
mod install;
mod os;
mod output;
mod plan;
mod report;
mod run;
mod sorted_map;
mod telemetry;
mod threads;
mod trigger;
mod user_code;

#[doc(hidden)]
pub mod private;

#[cfg(feature = "testing")]
pub mod testing;

#[cfg(feature = "tower")]
pub mod tower;
