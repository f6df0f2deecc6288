//! The runtime under another name, and the attribute in the code of a macro.

#![deny(warnings)]

mod vendored {
    pub use on_shutdown as shutdown;
}

#[vendored::shutdown::on_shutdown(crate = vendored::shutdown)]
fn by_path() {}

macro_rules! close_hook {
    ($name:ident, $phase:ident, $priority:expr, $timeout:literal) => {
        #[on_shutdown::on_shutdown(phase = $phase, priority = $priority, timeout = $timeout, crate = $crate::vendored::shutdown)]
        fn $name() {}
    };
}

close_hook!(by_macro, close, 1 + 1, "3s");

#[vendored::shutdown::main(crate = vendored::shutdown)]
fn main() {}
