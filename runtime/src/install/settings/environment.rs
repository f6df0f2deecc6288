//! Reads the environment variables of the shutdown.

use std::path::PathBuf;

use super::{InstallError, MODE_ENV};

/// What the program does after the install, by the variable `ON_SHUTDOWN`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Run,
    PrintPlan,
    PrintPlanAsJson,
}

impl Mode {
    pub(crate) fn choose() -> Result<Self, InstallError> {
        match environment(MODE_ENV)?.as_deref() {
            None => Ok(Self::Run),
            Some("plan") => Ok(Self::PrintPlan),
            Some("plan-json") if cfg!(feature = "json") => Ok(Self::PrintPlanAsJson),
            Some(other) => Err(InstallError::Mode { value: other.to_owned() }),
        }
    }
}

/// Returns the variable's value, and an error if it is not text. A blank one is not set: compose's `${X:-}` sets an empty
/// variable.
pub(super) fn environment(name: &'static str) -> Result<Option<String>, InstallError> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.trim().is_empty())),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(value)) => {
            Err(InstallError::NotText { name, value: value.to_string_lossy().into_owned() })
        }
    }
}

/// Returns the path that the variable names. A blank one is not set; a path need not be text.
pub(super) fn environment_path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|path| !path.to_string_lossy().trim().is_empty()).map(PathBuf::from)
}
