//! Reads the environment variables of the shutdown.

use super::{InstallError, MODE_VARIABLE};

/// What the program does after the install, by the variable `ON_SHUTDOWN`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Run,
    PrintPlan,
    PrintPlanAsJson,
}

impl Mode {
    pub(crate) fn choose() -> Result<Self, InstallError> {
        match environment(MODE_VARIABLE)?.as_deref() {
            None | Some("") => Ok(Self::Run),
            Some("plan") => Ok(Self::PrintPlan),
            Some("plan-json") if cfg!(feature = "json") => Ok(Self::PrintPlanAsJson),
            Some(other) => Err(InstallError::Mode { value: other.to_owned() }),
        }
    }
}

/// Returns the variable's value, and an error if it is not text.
pub(super) fn environment(name: &'static str) -> Result<Option<String>, InstallError> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(value)) => {
            Err(InstallError::NotText { name, value: value.to_string_lossy().into_owned() })
        }
    }
}
