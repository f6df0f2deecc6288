//! Measures ctrlc, as in its README: a channel between its handler and the main thread.

use std::sync::mpsc::channel;

use benches::child::{asked, hook, ready};

fn main() {
    let (_, hooks) = asked();
    let (stop, stopped) = channel();
    ctrlc::set_handler(move || stop.send(()).expect("the main thread waits")).expect("a handler");
    ready();
    stopped.recv().expect("a signal");
    (0..hooks).for_each(|_| hook());
}
