//! Polls `leaving()` and `draining()` with wakers that misbehave. The argument is `panic` or `block`.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use on_shutdown::{draining, leaving, on_shutdown, serve};
use tokio::sync::oneshot;

#[on_shutdown(phase = deregister)]
fn first() {
    println!("first");
}

#[on_shutdown]
async fn hook() {
    println!("hook");
}

#[on_shutdown(phase = flush)]
fn last() {
    println!("last");
}

struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("a waker that panics");
    }
}

struct Blocks;

impl Wake for Blocks {
    fn wake(self: Arc<Self>) {
        loop {
            thread::park();
        }
    }
}

/// Polls the future once and keeps it waiting.
fn wait_with(mut future: impl Future<Output = ()> + Unpin, waker: &Waker) {
    assert!(Pin::new(&mut future).poll(&mut Context::from_waker(waker)).is_pending());
    std::mem::forget(future);
}

/// Starts a task that waits for draining. Returns when the task waits.
async fn start_healthy_task(name: &'static str) {
    let (send, waits) = oneshot::channel();
    tokio::spawn(serve(name, |mut draining| async move {
        let is_pending = poll_fn(|context| Poll::Ready(Pin::new(&mut draining).poll(context).is_pending())).await;
        assert!(is_pending);
        send.send(()).expect("main waits");
        draining.await;
        println!("{name}");
    }));
    waits.await.expect("the task says when it waits");
}

#[on_shutdown::main]
async fn main() {
    let waker = match std::env::args().nth(1).as_deref() {
        Some("panic") => Waker::from(Arc::new(Panics)),
        Some("block") => Waker::from(Arc::new(Blocks)),
        other => panic!("unknown argument {other:?}"),
    };
    // Wakers on both sides, because the order of the calls is not part of the contract.
    start_healthy_task("healthy task 1").await;
    // In a task: a `main` that asks when to stop is waited for, and this one never ends.
    let asked = tokio::spawn(async move {
        wait_with(leaving(), &waker);
        wait_with(draining(), &waker);
    });
    asked.await.expect("the task does not panic");
    start_healthy_task("healthy task 2").await;
    println!("ready");
    std::future::pending().await
}
