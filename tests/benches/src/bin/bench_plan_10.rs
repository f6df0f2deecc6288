//! Computes the plan of ten hooks for callgrind. With the argument `guard`, begins and ends work in flight instead.

use std::hint::black_box;

benches::hooks!(10);

#[inline(never)]
fn measured(guard: bool) {
    if guard {
        // Looked at by callgrind as a whole: a thousand, so that the first one does not count.
        (0..1000).for_each(|_| drop(black_box(on_shutdown::in_flight("request"))));
    } else {
        black_box(on_shutdown::Settings::new().plan().expect("a plan"));
    }
}

fn main() {
    let guard = std::env::args().nth(1).as_deref() == Some("guard");
    measured(black_box(guard));
}
