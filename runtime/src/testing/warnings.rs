//! Asserts that a program starts without a warning.

use super::fail;
use crate::install::settings::Settings;
use crate::install::warnings::plan_warnings;

/// Panics if the program with these settings would print a warning at its start.
///
/// Lists every warning: the plan does not fit, or the drain delay takes most of the time. The same as
/// `ON_SHUTDOWN=check program`, without what depends on the environment: variables, signals that are ignored, PID 1.
///
/// # Panics
/// Panics if there are warnings, and if [`Settings::install`] would return an error for these settings.
///
/// ```
/// use std::time::Duration;
///
/// use on_shutdown::Settings;
/// use on_shutdown::testing::assert_no_warnings;
///
/// // In a `#[test]`:
/// assert_no_warnings(&Settings::new().grace_period(Duration::from_secs(30)).drain_delay(Duration::from_secs(5)));
/// ```
#[track_caller]
pub fn assert_no_warnings(settings: &Settings) {
    let plan = settings.plan_anywhere().unwrap_or_else(|error| fail(&error.to_string()));
    let warnings = plan_warnings(&plan);
    if !warnings.is_empty() {
        fail(&format!("the program starts with warnings:\n{}", warnings.join("\n")));
    }
}
