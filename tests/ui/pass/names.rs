//! The user's items may have names that the expansion could use.

#![deny(warnings)]

use ::std::time::Duration;

const HOOK: i32 = 3;
const LENGTH: Duration = Duration::from_secs(1);

#[derive(Clone)]
struct Result;

mod core {}
mod std {}

#[on_shutdown::on_shutdown(priority = HOOK, timeout = LENGTH)]
async fn run(call: Result, future: Vec<Option<u8>>) {
    drop((call, future));
}

#[on_shutdown::on_shutdown]
fn hook(get: Result) {
    drop(get);
}

#[on_shutdown::on_shutdown]
async fn hook_future() {}

fn main() {}
