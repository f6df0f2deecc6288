//! Calls user code, and catches its panics.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work`. Returns the message of the panic if `work` panics.
///
/// Use this for every call of user code: hooks, closures, wakers, `Drop`, `Display`, subscribers. The caller must keep
/// its own data consistent in case `work` stops half way.
pub(crate) fn catch_panic<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_payload(work).map_err(|(message, payload)| {
        discard(payload);
        message
    })
}

/// Runs `work` as [`catch_panic`] does, and also returns the payload of the panic, for callers that resume it.
#[inline]
pub(crate) fn catch_payload<T>(work: impl FnOnce() -> T) -> Result<T, (String, Box<dyn Any + Send>)> {
    catch_unwind(AssertUnwindSafe(work)).map_err(with_message)
}

#[cold]
fn with_message(payload: Box<dyn Any + Send>) -> (String, Box<dyn Any + Send>) {
    (panic_message(&*payload), payload)
}

/// Drops a value whose `Drop` is user code and may panic.
pub(crate) fn discard(value: impl Sized) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(value))) {
        // Leak the payload: its own `Drop` is user code, too, and may panic again.
        std::mem::forget(payload);
    }
}

/// Returns the message in the payload of a panic.
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
            panic!("second panic");
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
