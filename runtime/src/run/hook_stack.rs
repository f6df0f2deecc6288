//! Gives the threads that run hooks as much stack as `main` has.
//!
//! A hook that calls the same code as `main` must not overflow where `main` does not: an overflow aborts the process, and
//! all other hooks are lost. The memory is address space only, until a hook touches it.

use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::os;
use crate::threads::{Work, spawn_with_stack};

/// The stack of a thread for which the program sets no size. The default of the standard library.
const DEFAULT: usize = 2 * 1024 * 1024;
/// Maximum stack. `main` may have none (`ulimit -s unlimited`), but 512 threads must fit into the address space.
const MAX: usize = 64 * 1024 * 1024;

/// Returns the size of a stack for hooks: that of `main`, or `RUST_MIN_STACK` if it is larger.
///
/// Call it at install for the first time: at the trigger the program may hold the lock of the environment.
pub(super) fn hook_stack_size() -> usize {
    static SIZE: OnceLock<usize> = OnceLock::new();
    *SIZE.get_or_init(|| {
        let of_main = main_stack_size(os::main_stack_limit(), os::address_space_limit());
        let requested = std::env::var("RUST_MIN_STACK").ok().and_then(|text| text.parse().ok());
        of_main.max(requested.unwrap_or_default())
    })
}

/// Returns the maximum stack of `main` under these limits. Where address space is limited, returns the default.
fn main_stack_size(stack: Option<usize>, address_space: Option<usize>) -> usize {
    if address_space.is_some() {
        return DEFAULT;
    }
    stack.unwrap_or(MAX).clamp(DEFAULT, MAX)
}

/// Starts a thread that runs hooks. If the system refuses the stack of `main`, takes the default.
///
/// # Errors
/// The system refuses the thread.
pub(crate) fn spawn_hook_thread(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    // Shared, because a thread that was refused drops its closure.
    let work: Arc<Mutex<Option<Work>>> = Arc::new(Mutex::new(Some(Box::new(work))));
    let spawn = |stack| {
        let work = Arc::clone(&work);
        let run = move || {
            let work = work.lock().unwrap_or_else(PoisonError::into_inner).take();
            work.into_iter().for_each(|work| work());
        };
        spawn_with_stack(name, stack, Box::new(run))
    };
    spawn(hook_stack_size()).or_else(|_| spawn(DEFAULT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hooks_have_the_stack_of_main_unless_address_space_is_limited() {
        let mib = |count: usize| Some(count * 1024 * 1024);
        assert_eq!(main_stack_size(mib(8), None), 4 * DEFAULT);
        assert_eq!(main_stack_size(mib(8), mib(4096)), DEFAULT);
        assert_eq!(main_stack_size(mib(1), None), DEFAULT);
        assert_eq!(main_stack_size(None, None), MAX);
    }
}
