//! Lists the programs that are measured.

use nix::sys::signal::Signal;

use crate::life::Contestant;

pub const fn contestant(title: &'static str, program: &'static str, variant: &'static str) -> Contestant {
    Contestant { title, program, variant, signal: Signal::SIGTERM }
}

pub const SYNC: Contestant = contestant("on-shutdown, sync main", "bench_on_shutdown", "sync-sync");
pub const SYNC_ASYNC: Contestant = contestant("on-shutdown, sync main, async hooks", "bench_on_shutdown", "sync-async");
pub const SYNC_CHAIN: Contestant = contestant("on-shutdown, a chain", "bench_on_shutdown", "sync-chain");
pub const MULTI: Contestant = contestant("on-shutdown, async main", "bench_on_shutdown", "multi-sync");
pub const MULTI_ASYNC: Contestant = contestant("on-shutdown, async main and hooks", "bench_on_shutdown", "multi-async");
pub const MANY: Contestant = contestant("on-shutdown, 10,000 annotated hooks", "bench_many", "");
pub const SIGWAIT: Contestant = contestant("sigwait", "bench_sigwait", "");
pub const SIGNAL_HOOK: Contestant = contestant("signal-hook's iterator", "bench_signal_hook", "");
pub const TOKIO: Contestant = contestant("tokio by hand, multi-thread", "bench_tokio", "multi-calls");
pub const TOKIO_CURRENT: Contestant = contestant("tokio by hand, current-thread", "bench_tokio", "current-calls");
pub const TOKIO_TASKS: Contestant = contestant("tokio `JoinSet`, multi-thread", "bench_tokio", "multi-tasks");
pub const TOKIO_FUTURES: Contestant = contestant("`FuturesUnordered`", "bench_tokio", "multi-futures");
pub const TOKIO_BARE: Contestant = contestant("the same without us", "bench_tokio", "multi-bare");
pub const GRACEFUL_SHUTDOWN: Contestant = contestant("tokio-graceful-shutdown", "bench_tokio_graceful_shutdown", "");

/// All contestants, with one hook each.
pub const ALL: [Contestant; 14] = [
    SYNC,
    MULTI,
    SIGWAIT,
    SIGNAL_HOOK,
    TOKIO,
    TOKIO_CURRENT,
    // SIGTERM is a feature of its, which would be on for every program of the workspace that uses it.
    Contestant { signal: Signal::SIGINT, ..contestant("ctrlc", "bench_ctrlc", "") },
    GRACEFUL_SHUTDOWN,
    contestant("tokio-graceful", "bench_tokio_graceful", ""),
    contestant("swansong", "bench_swansong", ""),
    contestant("async-shutdown", "bench_async_shutdown", ""),
    contestant("signal-mod", "bench_signal_mod", ""),
    contestant("elegant-departure", "bench_elegant_departure", ""),
    contestant("tokio-util", "bench_tokio_util", ""),
];
