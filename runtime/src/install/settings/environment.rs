//! Reads the environment variables of the shutdown.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::{InstallError, MODE_ENV};
use crate::plan::budget::GRACE_PERIOD_ENV;
use crate::plan::drain_delay::DRAIN_DELAY_ENV;
use crate::plan::overrides::HOOKS_ENV;
use crate::report::file::REPORT_ENV;
use crate::telemetry::log_format::FORMAT_ENV;
use crate::telemetry::log_line::{Level, write_message};

/// What `install` does, by the variable `ON_SHUTDOWN`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Run,
    PrintPlan,
    PrintPlanAsJson,
    /// Prints the plan, and fails if there are warnings.
    Check,
}

impl Mode {
    /// Reads the mode. In a test binary it is always [`Mode::Run`]: a test that installs a shutdown must not end all
    /// the others with exit code 0.
    pub(crate) fn read() -> Result<Self, InstallError> {
        let value = environment(MODE_ENV)?;
        let mode = match value.as_deref() {
            None => return Ok(Self::Run),
            Some("plan") => Self::PrintPlan,
            Some("check") => Self::Check,
            // Without the feature it is an error: a text would not be what the reader can parse.
            Some("plan-json") if cfg!(feature = "json") => Self::PrintPlanAsJson,
            Some(other) => return Err(InstallError::Mode { value: other.to_owned() }),
        };
        if is_in_test_binary() {
            write_message(
                Level::Warn,
                format_args!(
                    "`{MODE_ENV}` is ignored in a test binary, whose tests would end here; \
                     run the program itself to print its plan"
                ),
            );
            return Ok(Self::Run);
        }
        Ok(mode)
    }
}

/// Returns whether cargo has built this program to run tests or benchmarks.
pub(crate) fn is_in_test_binary() -> bool {
    std::env::current_exe().is_ok_and(|program| is_test_binary(&program))
}

/// Returns whether cargo has built this file to run tests or benchmarks: `deps/name-0123456789abcdef`.
///
/// Programs that cargo builds or runs have no hash in their names. The path is the only sign that a program under test
/// does not share with the test that starts it: environment and features are the same.
fn is_test_binary(program: &Path) -> bool {
    // Cargo writes its 64-bit hash in hexadecimal.
    const HASH_LENGTH: usize = 16;
    let is_in_deps = program.parent().and_then(Path::file_name).is_some_and(|folder| folder == "deps");
    let hash = program.file_stem().and_then(|name| name.to_str()).and_then(|name| name.rsplit_once('-'));
    let is_hash = |text: &str| text.len() == HASH_LENGTH && text.chars().all(|digit| digit.is_ascii_hexdigit());
    is_in_deps && hash.is_some_and(|(_, hash)| is_hash(hash))
}

/// The variables of the shutdown, as this program found them. Blank ones count as not set: `${X:-}` in a compose file sets
/// an empty variable.
pub(super) struct Environment {
    pub(super) grace_period: Option<String>,
    pub(super) drain_delay: Option<String>,
    pub(super) hooks: Option<String>,
    /// A path need not be UTF-8.
    pub(super) report: Option<PathBuf>,
    pub(super) format: Option<String>,
}

impl Environment {
    /// Reads the variables. Returns an error if one must be text and is not.
    pub(super) fn read() -> Result<Self, InstallError> {
        let report = std::env::var_os(REPORT_ENV).filter(|path| !is_blank(path)).map(PathBuf::from);
        let (grace_period, drain_delay) = (environment(GRACE_PERIOD_ENV)?, environment(DRAIN_DELAY_ENV)?);
        let (hooks, format) = (environment(HOOKS_ENV)?, environment(FORMAT_ENV)?);
        Ok(Self { grace_period, drain_delay, hooks, report, format })
    }
}

/// Returns the value of the variable, and an error if it is not text.
fn environment(name: &'static str) -> Result<Option<String>, InstallError> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !is_blank(value.as_ref()))),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(value)) => {
            Err(InstallError::NotText { name, value: value.to_string_lossy().into_owned() })
        }
    }
}

fn is_blank(value: &OsStr) -> bool {
    value.to_string_lossy().trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs this test again, in another process that has the variable.
    #[test]
    fn spec_3_22_the_variable_does_not_end_a_test_binary() {
        if std::env::var_os(MODE_ENV).is_some() {
            assert_eq!(Mode::read().unwrap(), Mode::Run);
            return println!("the test continues");
        }
        let name = "install::settings::environment::tests::spec_3_22_the_variable_does_not_end_a_test_binary";
        for mode in ["plan", "check"] {
            let mut again = std::process::Command::new(std::env::current_exe().unwrap());
            let output = again.args(["--exact", name, "--nocapture"]).env(MODE_ENV, mode).output().unwrap();
            let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            assert!(output.status.success() && out.contains("the test continues"), "{out}{err}");
            assert!(err.contains("on-shutdown: `ON_SHUTDOWN` is ignored in a test binary"), "{err}");
        }
    }

    #[test]
    fn spec_3_22_a_test_binary_is_recognised_by_its_path() {
        let is_test = |path: &str| is_test_binary(Path::new(path));
        assert!(is_test("/work/target/debug/deps/orders-0123456789abcdef"));
        assert!(is_test_binary(&std::env::current_exe().unwrap()), "this is one");
        for program in [
            "/work/target/debug/orders",
            "/work/target/debug/orders-0123456789abcdef",
            "/work/target/debug/deps/orders",
            "/work/deps/orders-2024",
            "/usr/bin/orders",
            "orders",
            "",
        ] {
            assert!(!is_test(program), "{program}");
        }
    }
}
