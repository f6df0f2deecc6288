//! Asserts that the public types are `Send` and `Sync`, so that no private field takes a promise back.

use super::{RunningShutdown, Shutdown};
use crate::*;

const fn send_sync<T: Send + Sync>() {}
const fn send<T: Send>() {}

const _: () = {
    send_sync::<AlreadyProvidedError>();
    send_sync::<Budget>();
    send_sync::<Draining>();
    send_sync::<ExitMode>();
    send_sync::<FastShutdown>();
    send_sync::<GraceError>();
    send_sync::<GraceSource>();
    send_sync::<Handle>();
    send_sync::<Hook>();
    send_sync::<HookContext>();
    send_sync::<HookError>();
    send_sync::<HookGuard>();
    send_sync::<HookReport>();
    send_sync::<HookSettings>();
    send_sync::<InFlight>();
    send_sync::<InFlightSample>();
    send_sync::<InstallError>();
    send_sync::<LaterTrigger>();
    send_sync::<Leaving>();
    send_sync::<LogFormat>();
    send_sync::<NotInstalledError>();
    send_sync::<Outcome>();
    send_sync::<OverrideError>();
    send_sync::<OverrideSource>();
    send_sync::<Phase>();
    send_sync::<Plan>();
    send_sync::<PlanError>();
    send_sync::<Platform>();
    send_sync::<ProcessInfo>();
    send_sync::<ProgramExit>();
    send_sync::<RegisterError>();
    send_sync::<Registration>();
    send_sync::<Report>();
    send_sync::<ReportFileError>();
    send_sync::<Sender>();
    send_sync::<Settings>();
    send_sync::<Signal>();
    send_sync::<SignalSetError>();
    send_sync::<SimilarValue>();
    send_sync::<SkipReason>();
    send_sync::<TooLateError>();
    send_sync::<Tracked<std::future::Ready<()>>>();
    send_sync::<Trigger>();
    send_sync::<UnknownPhaseError>();
    send_sync::<UnknownSignalError>();
    send_sync::<WorkInFlight>();
    send_sync::<Shutdown>();
    send::<RunningShutdown>();
};
