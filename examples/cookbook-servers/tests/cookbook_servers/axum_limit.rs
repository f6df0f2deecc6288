use process::Program;

use crate::client::{address, assert_answered, request, stop};

#[test]
fn a_request_that_is_not_answered_within_the_limit_is_cut_off_and_named() {
    let running = Program::new(env!("CARGO_BIN_EXE_axum_limit")).env("ON_SHUTDOWN_GRACE_PERIOD", "600s").start();
    let address = address(&running);
    let (order, export) = (request(address, "/order"), request(address, "/export/17"));
    running.out_line("a request has begun: /order");
    running.out_line("a request has begun: /export");
    let ended = stop(running);
    assert_answered(&order.rest(), &ended);
    // No answer, and the connection ends with the process.
    assert_eq!(export.rest(), [""; 0], "{ended}");
    ended.assert_code(124).assert_err("cut off  http GET /export/{id}: 1 in flight");
    ended.assert_err(", as the maximum drain time of 1.5 s was over");
}

#[test]
fn a_shutdown_without_requests_that_take_long_is_clean() {
    let running = Program::new(env!("CARGO_BIN_EXE_axum_limit")).start();
    let order = request(address(&running), "/order");
    running.out_line("a request has begun: /order");
    let ended = stop(running);
    assert_answered(&order.rest(), &ended);
    ended.assert_code(0);
}
