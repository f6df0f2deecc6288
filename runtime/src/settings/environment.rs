//! The environment's variables in, what they ask for out.

use super::{InstallError, MODE_VARIABLE};

/// What the environment wants the program to do.
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

pub(super) fn environment(name: &'static str) -> Result<Option<String>, InstallError> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(value)) => {
            Err(InstallError::NotText { name, value: value.to_string_lossy().into_owned() })
        }
    }
}
