//! Every setting of a hook, alone and together, as literals and as constants.

#![deny(warnings)]

use std::time::Duration;

use on_shutdown::on_shutdown;

const URGENT: i32 = 100;
const PATIENCE: Duration = Duration::from_secs(60);

#[on_shutdown]
fn nothing() {}

#[on_shutdown()]
fn empty() {}

#[on_shutdown(phase = deregister, priority = 10, timeout = "1m 30s", after = [], crate = ::on_shutdown)]
fn everything() {}

#[on_shutdown(priority = URGENT - 1, timeout = PATIENCE.saturating_mul(2),)]
async fn constants() {}

#[on_shutdown(priority = -10, phase = finalize, timeout = "0.5s")]
async fn negative() {}

fn main() {}
