//! Provides values whose `Clone` and `Drop` use the table that holds them. They would deadlock if the table cloned or
//! dropped them under its lock.

use on_shutdown::{on_shutdown, provide, replace_provided};

/// When it is dropped, it provides this many more values.
struct Drops(&'static str);

impl Drop for Drops {
    fn drop(&mut self) {
        replace_provided(Trace(self.0));
        let again = provide(Trace("a second one"));
        println!("dropped {}: {}", self.0, again.is_err());
    }
}

impl Clone for Drops {
    fn clone(&self) -> Self {
        replace_provided(Trace("cloned"));
        println!("cloned {}", self.0);
        Self("clone")
    }
}

#[derive(Clone)]
struct Trace(&'static str);

#[on_shutdown]
fn takes(value: Drops) {
    println!("taken {}", value.0);
}

#[on_shutdown(phase = close)]
fn lent(value: &Drops, trace: Trace) {
    println!("lent {}, after {}", value.0, trace.0);
}

#[on_shutdown::main]
fn main() {
    provide(Drops("first")).expect("the first");
    assert!(provide(Drops("refused")).is_err());
    replace_provided(Drops("second"));
    println!("ready");
    loop {
        std::thread::park();
    }
}
