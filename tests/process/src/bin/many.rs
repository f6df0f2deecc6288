//! Declares a thousand annotated hooks. One of them is in a group of its own.

macro_rules! hooks {
    ($($module:ident)*) => { $(mod $module { hooks!(@ a b c d e f g h i j); })* };
    (@ $($module:ident)*) => { $(mod $module { hooks!(@@ a b c d e f g h i j); })* };
    (@@ $($name:ident)*) => { $(
        #[on_shutdown::on_shutdown]
        fn $name() {
            super::super::COUNT.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        }
    )* };
}

static COUNT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

hooks!(a b c d e f g h i j);

#[on_shutdown::on_shutdown(phase = finalize)]
fn tell() {
    println!("{} hooks ran before", COUNT.load(std::sync::atomic::Ordering::SeqCst));
}

#[on_shutdown::main]
fn main() {
    println!("ready");
    loop {
        std::thread::park();
    }
}
