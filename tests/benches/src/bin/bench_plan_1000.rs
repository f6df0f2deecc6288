//! Computes the plan of a thousand hooks for callgrind.

use std::hint::black_box;

benches::hooks!(10 10 10);

#[inline(never)]
fn measured() {
    black_box(on_shutdown::Settings::new().plan().expect("a plan"));
}

fn main() {
    measured();
}
