//! Runs without on-shutdown, as a control. With the argument `deaf` it blocks all signals for ever.

use std::thread;

use nix::sys::signal::SigSet;

fn main() {
    if std::env::args().nth(1).as_deref() == Some("deaf") {
        SigSet::all().thread_block().expect("a mask can be set");
    }
    println!("ready");
    loop {
        thread::park();
    }
}
