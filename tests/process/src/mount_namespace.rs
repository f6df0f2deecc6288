//! Runs programs in a mount namespace of their own, so that a test can replace what is in `/proc` or `/dev`.

use std::process::Command;

/// Returns the command that runs the shell script with these words, in a mount namespace of its own. `probe` is a script that
/// mounts what the script mounts. Returns `None` if the machine does not allow that.
///
/// # Panics
/// The machine does not allow it, and the variable `ON_SHUTDOWN_REQUIRE_DOCKER` asks for all tests.
#[must_use]
pub fn in_mount_namespace(probe: &str, script: &str, words: &[&str]) -> Option<Command> {
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--", "sh", "-c", script, "sh"]);
        command
    };
    if unshare(probe).output().is_ok_and(|output| output.status.success()) {
        let mut command = unshare(script);
        command.args(words);
        return Some(command);
    }
    let skipped = "this machine does not allow `unshare --mount`";
    assert!(std::env::var_os("ON_SHUTDOWN_REQUIRE_DOCKER").is_none(), "{skipped}");
    println!("skipped: {skipped}");
    None
}
