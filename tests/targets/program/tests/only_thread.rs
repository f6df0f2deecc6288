//! Runs what a target without threads runs: `tests/targets/wasm` builds the programs for this machine, and every start of a
//! thread fails.

use std::path::Path;
use std::process::Command;

#[test]
fn without_threads_the_hooks_and_main_take_turns_on_the_only_one() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wasm");
    let mut ends = Command::new(script);
    // The script chooses both by itself.
    ends.arg("--native").env_remove("CARGO_TARGET_DIR").env_remove("RUSTFLAGS");
    let output = ends.output().expect("bash is installed");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    assert!(out.lines().filter(|line| line.ends_with("ok")).count() >= 19, "{out}{err}");
}
