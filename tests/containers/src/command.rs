//! Runs a program with a time limit, and returns its output.

use std::process::Command;

/// No command may take longer, in seconds: a daemon that hangs must not hang the tests.
pub(crate) const LIMIT: &str = "120";

/// What `timeout` of coreutils ends with.
const TIMED_OUT: i32 = 124;

/// Runs a program with these arguments and variables. Returns its stdout, or what went wrong.
pub(crate) fn run<S: AsRef<str>>(
    program: &str,
    words: impl IntoIterator<Item = S>,
    variables: &[(&str, &str)],
) -> Result<String, String> {
    let words: Vec<String> = words.into_iter().map(|word| word.as_ref().to_owned()).collect();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    let mut command = Command::new("timeout");
    command.arg(LIMIT).arg(program).args(&words).envs(variables.iter().copied());
    let output = command.output().map_err(|error| format!("cannot start `timeout`: {error}"))?;
    let words = words.join(" ");
    match output.status.code() {
        Some(0) => Ok(said(&output.stdout)),
        Some(TIMED_OUT) => Err(format!("`{program} {words}` took longer than {LIMIT} s")),
        // Some programs complain on stdout.
        _ if output.stderr.is_empty() => Err(format!("`{program} {words}`: {}", said(&output.stdout))),
        _ => Err(format!("`{program} {words}`: {}", said(&output.stderr))),
    }
}
