//! The control: a program without on-shutdown, which with the argument `deaf` holds all signals back for ever.

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
