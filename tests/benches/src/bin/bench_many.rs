//! on-shutdown with 10,000 annotated hooks, at their time of the start and of the signal.

use benches::child::{asked, ready};

/// Ten modules inside each module, four times over, then hooks.
macro_rules! hooks {
    ($first:tt $($rest:tt)*) => {
        hooks!(@ [a b c d e f g h i j] [$($rest)*]);
    };
    () => {
        hooks!(# a b c d e f g h i j);
    };
    (@ [$($name:ident)*] $rest:tt) => { $(
        mod $name {
            hooks!(! $rest);
        }
    )* };
    (! [$($rest:tt)*]) => {
        hooks!($($rest)*);
    };
    (# $($name:ident)*) => { $(
        #[on_shutdown::on_shutdown]
        fn $name() {
            benches::child::hook();
        }
    )* };
}

hooks!(10 10 10);

#[on_shutdown::main]
fn main() {
    asked();
    ready();
    loop {
        std::thread::park();
    }
}
