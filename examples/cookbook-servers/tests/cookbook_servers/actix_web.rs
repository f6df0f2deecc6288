use process::Program;

use crate::client::{assert_answered, stop_with_a_request_in_flight};

/// The grace period is shorter than the 5 s for which actix-web keeps an idle connection.
#[test]
fn a_request_is_answered_and_an_idle_connection_is_closed() {
    let program = Program::new(env!("CARGO_BIN_EXE_actix_web")).env("ON_SHUTDOWN_GRACE_PERIOD", "5s");
    let (ended, response) = stop_with_a_request_in_flight(program.start());
    assert_answered(&response, &ended);
    ended.assert_code(0).assert_no_err("cut off");
}
