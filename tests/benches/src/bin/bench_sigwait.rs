//! Measures the lower bound: the main thread waits in `sigwait`, and runs the hooks one after another.

use benches::child::{asked, hook, ready};
use nix::sys::signal::{SigSet, Signal};

fn main() {
    let (_, hooks) = asked();
    let mut set = SigSet::empty();
    set.add(Signal::SIGTERM);
    set.thread_block().expect("a mask");
    ready();
    set.wait().expect("a signal");
    (0..hooks).for_each(|_| hook());
}
