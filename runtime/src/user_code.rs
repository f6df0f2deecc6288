//! Runs a piece of the user's code so that a panic of that code ends there.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work`; returns the message of its panic if it panics.
///
/// For every call into code that is not ours: hooks, closures, wakers, `Drop`, `Display`, subscribers. What `work`
/// shares with the rest of the program must stay consistent when it stops half way.
pub(crate) fn catch_panic<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        let message = panic_message(&*payload);
        discard(payload);
        message
    })
}

/// Drops a value of the user's, whose `Drop` may panic.
pub(crate) fn discard(value: impl Sized) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(value))) {
        // The payload's own `Drop` has no more claim to be run than the one that has just panicked.
        std::mem::forget(payload);
    }
}

/// The text of a panic's payload.
fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a value that is not text").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct PanicsInDrop;

    impl Drop for PanicsInDrop {
        fn drop(&mut self) {
            std::panic::panic_any(AlsoPanics);
        }
    }

    struct AlsoPanics;

    impl Drop for AlsoPanics {
        fn drop(&mut self) {
            panic!("once more");
        }
    }

    #[test]
    fn spec_3_15_a_payload_that_panics_when_it_is_dropped_ends_there() {
        assert_eq!(catch_panic(|| 1), Ok(1));
        assert_eq!(catch_panic(|| panic!("text {}", 1)), Err::<(), _>("text 1".to_owned()));
        let poison = catch_panic(|| std::panic::panic_any(PanicsInDrop));
        assert_eq!(poison, Err::<(), _>("a value that is not text".to_owned()));
        discard(PanicsInDrop);
    }
}
