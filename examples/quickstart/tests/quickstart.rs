//! Runs the example: it stops itself by SIGTERM and prints what its header promises.

use process::Program;

#[test]
fn quickstart() {
    let ended = Program::new(env!("CARGO_BIN_EXE_01_quickstart")).run();
    ended.assert_code(124).assert_order(&[
        "left the registry",
        "stopped the consumer",
        "wrote the orders",
        "sent the last metrics",
    ]);
}
