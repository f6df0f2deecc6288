//! Measures tokio by hand: its own signals and a `select!`, then the hooks. The variant is a flavor of the runtime and
//! a way to run hooks, as `multi-calls`. `bare` handles no signals.

use std::future::pending;

use benches::child::{asked, hook, ready};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;

async fn signalled() {
    let mut terminate = signal(SignalKind::terminate()).expect("a handler");
    let mut interrupt = signal(SignalKind::interrupt()).expect("a handler");
    ready();
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

async fn run(way: &str, hooks: usize) {
    match way {
        "calls" => (0..hooks).for_each(|_| hook()),
        "tasks" => {
            let mut tasks = (0..hooks).map(|_| async { hook() }).collect::<JoinSet<()>>();
            while tasks.join_next().await.is_some() {}
        }
        "futures" => {
            let mut futures = (0..hooks).map(|_| async { hook() }).collect::<FuturesUnordered<_>>();
            while futures.next().await.is_some() {}
        }
        _ => panic!("{way}: unknown"),
    }
}

fn main() {
    let (variant, hooks) = asked();
    let (flavor, way) = variant.split_once('-').expect("a flavor and a way");
    let mut builder = if flavor == "multi" { Builder::new_multi_thread() } else { Builder::new_current_thread() };
    let runtime = builder.enable_all().build().expect("a runtime");
    runtime.block_on(async {
        if way == "bare" {
            ready();
            pending::<()>().await;
        }
        signalled().await;
        run(way, hooks).await;
    });
}
