use process::Program;

use crate::client::{assert_answered, stop_with_a_request_in_flight};

#[test]
fn a_request_is_answered_and_an_idle_connection_is_closed_by_warp() {
    let (ended, response) = stop_with_a_request_in_flight(Program::new(env!("CARGO_BIN_EXE_warp")).start());
    assert_answered(&response, &ended);
    ended.assert_code(0).assert_no_err("cut off");
}
