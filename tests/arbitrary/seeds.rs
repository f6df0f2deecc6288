//! Counts the seeds of a test, and goes on with new ones for as long as the environment asks for.

use std::time::{Duration, Instant, SystemTime};
use std::{env, thread};

/// For how many seconds each test goes on with new seeds. Default: 0.
const SECONDS_ENV: &str = "TESTS_FUZZ_SECONDS";

/// The first of the new seeds, to repeat a failure. Default: derived from the time.
const START_ENV: &str = "TESTS_FUZZ_START";

/// Returns the seeds from 0 up to the count. If `TESTS_FUZZ_SECONDS` is set, seeds that no earlier run had follow until
/// so many seconds have passed.
///
/// If the test panics, the seed is written to stderr. `TESTS_FUZZ_START` begins the new seeds with a given one.
///
/// # Panics
/// One of the two variables is set to something else than a whole number.
pub fn seeds(count: u64) -> Seeds {
    let time = Duration::from_secs(number(SECONDS_ENV).unwrap_or(0));
    let first = number(START_ENV).unwrap_or_else(nanos_of_clock);
    if !time.is_zero() {
        eprintln!("after {count} seeds, new seeds follow from {first} on; {START_ENV}={first} repeats them");
    }
    Seeds { rest: Box::new((0..count).chain(new_seeds(first, time))), last: None }
}

/// An iterator over seeds. If it is dropped by a panic, it writes its last seed to stderr.
pub struct Seeds {
    rest: Box<dyn Iterator<Item = u64>>,
    last: Option<u64>,
}

impl Iterator for Seeds {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        self.last = self.rest.next();
        self.last
    }
}

impl Drop for Seeds {
    fn drop(&mut self) {
        if let Some(seed) = self.last.filter(|_| thread::panicking()) {
            eprintln!("the seed is {seed}");
        }
    }
}

/// Returns seeds until the time has passed since this call.
fn new_seeds(first: u64, time: Duration) -> impl Iterator<Item = u64> {
    let start = Instant::now();
    (0..).map(move |more| first.wrapping_add(more)).take_while(move |_| start.elapsed() < time)
}

fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text:?} is not a whole number")))
}

/// Returns the nanoseconds since 1970: runs that begin at different times have different seeds.
fn nanos_of_clock() -> u64 {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_seeds_follow_each_other_until_the_time_has_passed() {
        assert_eq!(new_seeds(7, Duration::ZERO).next(), None);
        let start = Instant::now();
        let seeds: Vec<u64> = new_seeds(u64::MAX, Duration::from_millis(20)).take(3).collect();
        assert!(seeds == [u64::MAX, 0, 1] || start.elapsed() >= Duration::from_millis(20), "{seeds:?}");
        let _ = new_seeds(7, Duration::from_millis(20)).count();
        assert!(start.elapsed() >= Duration::from_millis(20));
    }
}
