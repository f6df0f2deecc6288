//! Measures signal-hook's iterator on the main thread, which runs the hooks one after another.

use benches::child::{asked, hook, ready};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

fn main() {
    let (_, hooks) = asked();
    let mut signals = Signals::new([SIGTERM, SIGINT]).expect("handlers");
    ready();
    signals.forever().next();
    (0..hooks).for_each(|_| hook());
}
