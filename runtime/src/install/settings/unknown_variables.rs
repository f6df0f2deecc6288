//! Finds environment variables that look like settings of the shutdown and are none.
//!
//! The prefix `ON_SHUTDOWN` belongs to the runtime. Tools around it, such as its own tests, name their variables
//! otherwise.

use std::ffi::OsString;

use super::MODE_ENV;
use crate::plan::budget::GRACE_PERIOD_ENV;
use crate::plan::drain_delay::DRAIN_DELAY_ENV;
use crate::plan::overrides::HOOKS_ENV;
use crate::plan::suggest::nearest;
use crate::report::file::REPORT_ENV;
use crate::telemetry::log_format::FORMAT_ENV;

/// Every variable that the runtime reads as a setting.
const KNOWN: [&str; 6] = [MODE_ENV, GRACE_PERIOD_ENV, DRAIN_DELAY_ENV, HOOKS_ENV, REPORT_ENV, FORMAT_ENV];

/// Maximum number of letters in which a name with a misspelt prefix differs from a known name: two letters swapped.
const MAX_TYPOS: usize = 2;

/// Returns one warning for each variable that is set and looks like a setting of the shutdown.
pub(super) fn warnings(variables: impl Iterator<Item = (OsString, OsString)>) -> Vec<String> {
    let is_set = |value: &OsString| !value.to_string_lossy().trim().is_empty();
    let set = variables.filter(|(_, value)| is_set(value));
    let mut found: Vec<String> = Vec::new();
    for said in set.filter_map(|(name, _)| warning(&name.to_string_lossy())) {
        // In the order of the texts: the order of the environment differs between two starts.
        found.insert(found.partition_point(|earlier| *earlier <= said), said);
    }
    found
}

fn warning(name: &str) -> Option<String> {
    // Most variables: two letters tell them apart without an allocation.
    let is_like_ours = name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("ON"));
    if !is_like_ours || KNOWN.contains(&name) {
        return None;
    }
    let normal = name.to_ascii_uppercase().replace(['-', '.'], "_");
    let meant = match normal.strip_prefix("ON_SHUTDOWN").or_else(|| normal.strip_prefix("ONSHUTDOWN")) {
        Some(setting) if setting.is_empty() || setting.starts_with('_') => nearest_known(setting),
        // Another word that begins like ours, or a known name with a mistake in the prefix.
        _ => Some(KNOWN.into_iter().find(|known| strsim::levenshtein(&normal, known) <= MAX_TYPOS)?),
    };
    let instead = match meant {
        Some(known) => format!("did you mean `{known}`?"),
        None => format!("the variables are {}", KNOWN.map(|known| format!("`{known}`")).join(", ")),
    };
    Some(format!("the environment variable `{name}` is unknown and has no effect; {instead}"))
}

/// Returns the known variable whose name behind the prefix is like this one.
fn nearest_known(setting: &str) -> Option<&'static str> {
    // Without the prefix, which all have: a long prefix would make every name similar.
    let settings = KNOWN.map(|known| setting_of(known).to_owned());
    let meant = nearest(setting.trim_start_matches('_'), &settings)?;
    KNOWN.into_iter().find(|known| setting_of(known) == meant)
}

fn setting_of(known: &'static str) -> &'static str {
    known.strip_prefix(MODE_ENV).unwrap_or(known).trim_start_matches('_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(name: &str) -> Option<String> {
        warnings([(OsString::from(name), OsString::from("5s"))].into_iter()).pop()
    }

    #[test]
    fn a_misspelt_variable_names_the_known_one() {
        for (name, meant) in [
            ("ON_SHUTDOWN_GRACEPERIOD", GRACE_PERIOD_ENV),
            ("ON_SHUTDOWN_GRACE_PERIODE", GRACE_PERIOD_ENV),
            ("on_shutdown_grace_period", GRACE_PERIOD_ENV),
            ("ONSHUTDOWN_GRACE_PERIOD", GRACE_PERIOD_ENV),
            ("ON-SHUTDOWN-GRACE-PERIOD", GRACE_PERIOD_ENV),
            ("ON_SHUTODWN_GRACE_PERIOD", GRACE_PERIOD_ENV),
            ("ON_SHUTDOWN_DRAINDELAY", DRAIN_DELAY_ENV),
            ("ON_SHUTDOWN_HOOK", HOOKS_ENV),
            ("ON_SHUTDOWN_REPORTS", REPORT_ENV),
            ("ON_SHUTDOWN_FORMATS", FORMAT_ENV),
            ("on_shutdown", MODE_ENV),
            ("ON_SHUTDOWN_", MODE_ENV),
        ] {
            let expected =
                format!("the environment variable `{name}` is unknown and has no effect; did you mean `{meant}`?");
            assert_eq!(said(name), Some(expected));
        }
    }

    #[test]
    fn another_name_with_the_prefix_lists_the_known_ones() {
        let said = said("ON_SHUTDOWN_COLOR").unwrap();
        assert!(
            said.ends_with(
                "; the variables are `ON_SHUTDOWN`, `ON_SHUTDOWN_GRACE_PERIOD`, `ON_SHUTDOWN_DRAIN_DELAY`, \
                 `ON_SHUTDOWN_HOOKS`, `ON_SHUTDOWN_REPORT`, `ON_SHUTDOWN_FORMAT`"
            ),
            "{said}"
        );
    }

    #[test]
    fn warnings_are_in_the_order_of_their_texts() {
        let set = ["ON_SHUTDOWN_C", "ON_SHUTDOWN_A", "ON_SHUTDOWN_B"].map(|name| (name.into(), "5s".into()));
        let said = warnings(set.into_iter());
        assert_eq!(said.len(), 3);
        assert!(said.is_sorted(), "{said:?}");
    }

    #[test]
    fn the_variables_of_others_are_left_alone() {
        for name in
            KNOWN.into_iter().chain(["ON_CALL", "ONLINE", "on", "O", "", "ON_SHUTDOWNS_OF_OTHERS", "ÖN_SHUTDOWN"])
        {
            assert_eq!(said(name), None);
        }
        let blank = [(OsString::from("ON_SHUTDOWN_COLOR"), OsString::from(" "))];
        assert_eq!(warnings(blank.into_iter()), [""; 0]);
    }
}
