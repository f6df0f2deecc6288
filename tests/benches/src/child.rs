//! Runs as the program that is measured. Its two arguments are a variant and the number of hooks. Prints on stdout the
//! moment when it was ready, and at the end the moments of the first and of the last hook.
//!
//! Moments are nanoseconds of `CLOCK_MONOTONIC`, which all processes share. The program writes nothing while hooks run,
//! because output would wake the measuring process. It does not format or buffer its output.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use nix::time::{ClockId, clock_gettime};

/// A program that did not end by itself is ended by SIGALRM.
const AT_MOST: u32 = 60;

static HOOKS: AtomicUsize = AtomicUsize::new(1);
static BEGUN: AtomicUsize = AtomicUsize::new(0);
static FIRST: AtomicU64 = AtomicU64::new(0);

/// What the program was asked for: a variant, and how many hooks.
pub fn asked() -> (String, usize) {
    nix::unistd::alarm::set(AT_MOST);
    let mut arguments = std::env::args().skip(1);
    let variant = arguments.next().unwrap_or_default();
    let hooks = arguments.next().map_or(1, |number| number.parse().expect("a number of hooks"));
    HOOKS.store(hooks, Ordering::Relaxed);
    (variant, hooks)
}

pub fn now() -> u64 {
    let time = clock_gettime(ClockId::CLOCK_MONOTONIC).expect("every system has this clock");
    time.tv_sec().unsigned_abs() * 1_000_000_000 + time.tv_nsec().unsigned_abs()
}

/// The measuring process does not read any more if the measurement has failed. It reports that failure itself.
pub fn write(moments: &[u64]) {
    let bytes: Vec<u8> = moments.iter().flat_map(|moment| moment.to_le_bytes()).collect();
    let mut rest = &bytes[..];
    while let Ok(written @ 1..) = nix::unistd::write(std::io::stdout(), rest) {
        rest = &rest[written..];
    }
}

/// From here on the program may be signalled.
pub fn ready() {
    write(&[now()]);
}

/// A trivial hook, which knows whether it is the first or the last one.
pub fn hook() {
    let begun = BEGUN.fetch_add(1, Ordering::Relaxed) + 1;
    if begun == 1 {
        FIRST.store(now(), Ordering::Relaxed);
    }
    if begun == HOOKS.load(Ordering::Relaxed) {
        write(&[FIRST.load(Ordering::Relaxed), now()]);
    }
}
