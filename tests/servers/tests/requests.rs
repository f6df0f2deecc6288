//! Tests plain requests at the moment of the signal: quick and slow, small and large.

use process::Program;
use servers::LARGEST;
use servers::client::http1::{keep_alive, newcomers};
use servers::client::http2::multiplexed;
use servers::client::{Load, Visit, stop_under_load};

/// Longer than the servers' drain delay. So these requests end while the server drains, wherever they began.
const LONG: u64 = 2500;
const KEPT_ALIVE: usize = 24;
const MULTIPLEXED: usize = 3 * 8 + 4;

/// Runs every kind of client at once.
fn all_clients(load: Load) -> Load {
    let quick = Visit::blob(2000, 10);
    let large = Visit::blob(LARGEST, 0);
    let slow = Visit::blob(LARGEST, 0).slowly(30);
    let long = Visit::blob(LARGEST, LONG);
    let mixed = Visit::blob(LARGEST, 50).slowly(10);
    load.with(8, |server, warm| keep_alive(server, quick.clone(), warm))
        .with(6, |server, warm| keep_alive(server, large.clone(), warm))
        .with(6, |server, warm| keep_alive(server, slow.clone(), warm))
        .with(4, |server, warm| keep_alive(server, long.clone(), warm))
        .with(2, |server, warm| newcomers(server, quick.clone(), warm))
        .with(3, |server, warm| multiplexed(server, 8, mixed.clone(), warm))
        .with(1, |server, warm| multiplexed(server, 4, long.clone(), warm))
}

fn spec_3_8_draining_loses_no_request_and_no_byte(server: &str) {
    let (tally, ended) = stop_under_load(Program::new(server), all_clients);
    assert!(tally.failed.is_empty(), "{tally:#?}\n{ended}");
    let sent_away = tally.sent_away + tally.closed + tally.refused;
    assert_eq!(sent_away, KEPT_ALIVE + MULTIPLEXED, "{tally:?}\n{ended}");
    ended.assert_code(0).assert_no_err("cut off");
    println!("{tally:?}, {:?}", ended.took);
}

/// The counter-proof: without draining, the clients notice the loss.
fn without_draining_requests_are_lost(server: &str) {
    let (tally, ended) = stop_under_load(Program::new(server).env("DRAIN", "off"), all_clients);
    assert!(tally.complete > 0 && !tally.failed.is_empty(), "{tally:#?}\n{ended}");
    ended.assert_code(0);
    println!("{} complete, {} failed, first {:?}", tally.complete, tally.failed.len(), tally.failed[0]);
}

#[test]
fn spec_3_8_draining_loses_no_request_and_no_byte_of_axum() {
    spec_3_8_draining_loses_no_request_and_no_byte(env!("CARGO_BIN_EXE_web"));
}

#[test]
fn spec_3_8_draining_loses_no_request_and_no_byte_of_plain_hyper() {
    spec_3_8_draining_loses_no_request_and_no_byte(env!("CARGO_BIN_EXE_plain"));
}

#[test]
fn without_draining_requests_are_lost_by_axum() {
    without_draining_requests_are_lost(env!("CARGO_BIN_EXE_web"));
}

#[test]
fn without_draining_requests_are_lost_by_plain_hyper() {
    without_draining_requests_are_lost(env!("CARGO_BIN_EXE_plain"));
}
