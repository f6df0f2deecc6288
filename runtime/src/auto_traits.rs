//! Checks at compile time that the public types keep the auto traits that programs rely on.

use std::error::Error;
use std::future::Future;
use std::hash::Hash;
use std::panic::UnwindSafe;

use crate::*;

/// A value that threads can share, and that a thread can keep.
const fn shared<T: Send + Sync + 'static>() {}

/// A plain value of the report or the plan.
const fn value<T: Send + Sync + Clone + PartialEq + Eq + Unpin + UnwindSafe + std::fmt::Debug + 'static>() {}

/// An error that `?` converts into a boxed error.
const fn error<T: Error + Send + Sync + Unpin + 'static>() {}

/// A future that can be spawned, and polled by reference in a `select!`.
const fn future<T: Future + Send + Sync + Unpin + 'static>() {}

const fn hashed<T: Hash + Copy>() {}

const _: () = {
    shared::<Handle>();
    shared::<Settings>();
    shared::<HookSettings>();
    shared::<Registration>();
    shared::<HookContext>();
    shared::<HookGuard>();
    shared::<Hook>();
    shared::<Plan>();
    shared::<InFlight>();
    shared::<Scope>();
    shared::<Task>();
    shared::<TaskHandle<u8>>();
    shared::<Tracked<std::future::Ready<()>>>();
};

const _: () = {
    value::<Report>();
    value::<HookReport>();
    value::<Outcome>();
    value::<HookError>();
    value::<SimilarValue>();
    value::<SkipReason>();
    value::<ProgramExit>();
    value::<InFlightSample>();
    value::<LaterTrigger>();
    value::<WorkInFlight>();
    value::<CutOff>();
    value::<KeptTime>();
    value::<OpenConnection>();
    value::<Trigger>();
    value::<Sender>();
    value::<Signal>();
    value::<ExitMode>();
    value::<Phase>();
    value::<Budget>();
    value::<GraceSource>();
    value::<Platform>();
    value::<OverrideSource>();
    value::<ProcessInfo>();
    value::<LogFormat>();
    hashed::<Phase>();
};

const _: () = {
    error::<HookError>();
    error::<InstallError>();
    error::<RegisterError>();
    error::<NotInstalledError>();
    error::<AlreadyProvidedError>();
    error::<TooLateError>();
    error::<PlanError>();
    error::<GraceError>();
    error::<OverrideError>();
    error::<ReportFileError>();
    error::<SignalSetError>();
    error::<ScopeError>();
    value::<ScopeError>();
};

const _: () = {
    future::<Draining>();
    future::<Leaving>();
    future::<Ended>();
    future::<ScopeEnded>();
    future::<FastShutdown>();
};

#[cfg(feature = "tower")]
const _: () = {
    shared::<tower::InFlightLayer>();
    shared::<tower::InFlightService<()>>();
    shared::<tower::InFlightFuture<()>>();
    shared::<tower::InFlightBody<()>>();
    shared::<tower::Readiness>();
    shared::<tower::Liveness>();
};
