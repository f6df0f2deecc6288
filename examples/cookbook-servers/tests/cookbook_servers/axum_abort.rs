use process::Program;

use crate::client::{address, assert_answered, request, stop};

#[test]
fn a_request_that_is_not_answered_within_the_limit_is_aborted_and_named() {
    let running = Program::new(env!("CARGO_BIN_EXE_axum_abort")).start();
    let address = address(&running);
    let (order, export) = (request(address, "/order"), request(address, "/export/17"));
    running.out_line("a request has begun: /order");
    running.out_line("a request has begun: /export");
    let ended = stop(running);
    assert_answered(&order.rest(), &ended);
    let export = export.rest();
    assert!(export.first().is_some_and(|line| line.starts_with("HTTP/1.1 503")), "{export:?}\n{ended}");
    ended.assert_code(70).assert_err("report_aborted").assert_err("aborted GET /export/{id}").assert_no_err("cut off");
}

#[test]
fn a_shutdown_without_aborted_requests_is_clean() {
    let running = Program::new(env!("CARGO_BIN_EXE_axum_abort")).start();
    let order = request(address(&running), "/order");
    running.out_line("a request has begun: /order");
    let ended = stop(running);
    assert_answered(&order.rest(), &ended);
    ended.assert_code(0);
}
