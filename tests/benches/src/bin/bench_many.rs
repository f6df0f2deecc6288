//! Measures on-shutdown with 10,000 annotated hooks.

use benches::child::{asked, ready};

benches::hooks!(10 10 10 10);

#[on_shutdown::main]
fn main() {
    asked();
    ready();
    loop {
        std::thread::park();
    }
}
