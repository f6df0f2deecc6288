//! A `macro_rules` macro passes settings to the attributes as fragments.

#![deny(warnings)]

use on_shutdown::on_shutdown;

macro_rules! hook {
    ($name:ident, $phase:ident, $timeout:expr, $value:ty, [$($earlier:path),*]) => {
        #[on_shutdown(phase = $phase, timeout = $timeout, after = [$($earlier),*])]
        fn $name(value: &$value) {
            drop(value.clone());
        }
    };
}

macro_rules! main {
    ($grace_period:literal, [$($signal:path),*]) => {
        #[on_shutdown::main(grace_period = $grace_period, signals = [$($signal),*])]
        fn main() {
            on_shutdown::provide(String::new()).expect("no other String is provided");
            on_shutdown::provide(vec![0_u8]).expect("no other bytes are provided");
        }
    };
}

mod orders {
    #[on_shutdown::on_shutdown]
    pub fn flush() {}
}

hook!(stop_first, stop, "1s", String, [orders::flush]);
hook!(close_last, close, std::time::Duration::from_secs(2), Vec<u8>, [stop_first, crate::orders::flush]);

main!("20s", [SIGTERM, SIGINT]);
