//! Hooks and `main` in a crate that denies the compiler's lints and has no prelude.

#![no_implicit_prelude]
#![forbid(unsafe_code, non_camel_case_types, missing_docs, unreachable_pub, dead_code, unused_imports)]
#![deny(warnings, unused, nonstandard_style, future_incompatible, rust_2018_idioms, unused_results)]
#![deny(unused_qualifications, trivial_casts, unnameable_types, unused_lifetimes, single_use_lifetimes)]
#![deny(missing_debug_implementations, missing_copy_implementations, elided_lifetimes_in_paths)]

use ::on_shutdown::on_shutdown;
use ::std::option::Option;
use ::std::result::Result;
use ::std::string::String;

#[on_shutdown]
fn nothing() {}

#[on_shutdown(phase = close, priority = 3, timeout = "2s", after = [nothing])]
async fn everything(name: &String, maybe: Option<u8>) -> Result<(), String> {
    ::std::mem::drop((name.as_bytes().to_vec(), maybe));
    Result::Ok(())
}

#[::on_shutdown::main(grace_period = "25s")]
async fn main() -> Result<(), String> {
    // A hook that is skipped for a missing value would make this test fail.
    ::on_shutdown::provide(String::new()).map_err(|error| ::std::string::ToString::to_string(&error))
}
