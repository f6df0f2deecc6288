//! Asks the system for what differs between Unix and other systems, apart from triggers (`trigger`), stderr (`telemetry`)
//! and diagnosis (`inspect`).
//!
//! Every function exists on every target. A function that a system has no answer for returns `None`, and says so.

// The two have the same functions. `other` has what Windows, wasm and unknown systems can say. Tests on Unix compile it, too.
#[cfg(any(not(unix), test))]
#[cfg_attr(unix, expect(dead_code, reason = "the tests use a part of it"))]
mod other;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(crate) use other::*;
#[cfg(unix)]
pub(crate) use unix::*;
