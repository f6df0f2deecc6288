use on_shutdown::on_shutdown;

fn flush_orders() {}

macro_rules! hook {
    ($name:ident, $earlier:path) => {
        #[on_shutdown(after = [$earlier])]
        fn $name() {}
    };
}

hook!(close, flush_orders);

fn main() {}
