//! Runs the shutdown on the only thread of the program, on a target without threads (wasm).
//!
//! The shutdown begins where the program waits for its end. An async `main` of `#[on_shutdown::main]` takes turns with the
//! hooks, so there a request begins it, too.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::time::Duration;

use tokio::runtime::Runtime;

use super::handle::Handle;
use crate::os;
use crate::run::{self, block_on};
use crate::trigger::{Message, Trigger};

impl Handle {
    /// On a target without threads: runs the whole shutdown on this thread, unless it has begun. `go_on` lets the program
    /// go on for this time.
    pub(super) fn run_on_only_thread(&self, go_on: &mut dyn FnMut(Duration)) {
        if os::HAS_THREADS || self.run().has_begun() {
            return;
        }
        let mut messages = self.inbox().take();
        if messages.is_empty() {
            // Nothing else can begin it, because the only thread waits.
            let label = "the program waits for the end of the shutdown".to_owned();
            messages.push(Message::Trigger(Trigger::Request { label }));
        }
        run::run_on_only_thread(self.run(), messages, go_on);
    }

    /// Runs `main`, which sends its end to the shutdown, and the shutdown in turn.
    pub(super) fn run_main_in_turn(&self, runtime: &Runtime, main: Pin<&mut dyn Future<Output = ()>>) {
        let mut main = Main { runtime, future: main, has_ended: false };
        main.go_on(pin!(poll_fn(|context| self.inbox().poll(context))));
        // The pause is made inside the runtime, whose clock it needs.
        self.run_on_only_thread(&mut |time| main.go_on(pin!(async { tokio::time::sleep(time).await })));
        // By its exit mode, the program continues after the shutdown.
        if !main.has_ended {
            block_on(runtime, main.future);
        }
    }
}

/// An async `main` that takes turns with the hooks.
struct Main<'a> {
    runtime: &'a Runtime,
    future: Pin<&'a mut dyn Future<Output = ()>>,
    has_ended: bool,
}

impl Main<'_> {
    /// Lets `main` and the tasks of its runtime go on until `stop` resolves.
    fn go_on(&mut self, mut stop: Pin<&mut dyn Future<Output = ()>>) {
        let Self { runtime, future, has_ended } = self;
        let both = poll_fn(|context| {
            *has_ended = *has_ended || future.as_mut().poll(context).is_ready();
            stop.as_mut().poll(context)
        });
        block_on(runtime, pin!(both));
    }
}
