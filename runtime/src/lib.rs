//! Shutdown hooks: annotate a function, and it runs, in order and in time, when SIGTERM arrives.

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
pub use plan::Plan;
pub use platform::Platform;
pub use register::{HookSettings, RegisterError, Registration, register, register_sync};
pub use registry::{AlreadyProvided, TooLate};
pub use report::{HookReport, Outcome, OwnEnd, Report};
pub use run::{Context, Hurried};
pub use settings::{InstallError, MODE_VARIABLE, Settings};
pub use trigger::{Sender, Signal, SignalSetError, Trigger};

mod advice;
mod after;
mod budget;
mod console;
mod drain;
mod entry;
mod exit;
mod handle;
mod hook;
mod inspect;
mod length;
mod operator;
mod plan;
mod platform;
mod register;
mod registry;
mod report;
mod run;
mod settings;
mod shell_form;
mod shutdown;
mod termination_log;
mod timing;
mod trigger;

#[doc(hidden)]
pub mod private;

#[cfg(feature = "tower")]
pub mod tower;
