//! Chooses the format of the lines on stderr: text for people, or JSON for programs.

use std::sync::atomic::{AtomicU8, Ordering};

/// The name of the environment variable that selects the [`LogFormat`]: `text`, or `json` with the feature `json`.
///
/// [`Settings::format`](crate::Settings::format) takes precedence over it. Another value is an error of the install. Without
/// the feature, `json` has no effect, and the install warns of it.
pub const FORMAT_ENV: &str = "ON_SHUTDOWN_FORMAT";

/// The format of what on-shutdown writes to stderr.
///
/// It concerns the lines and the report of on-shutdown alone. What the program and its panics print stays as it is, and so
/// does the plan that [`MODE_ENV`](crate::MODE_ENV) prints to stdout. If a `tracing` subscriber takes the events, they are
/// in the subscriber's format.
///
/// The default is text, also without a terminal: people read logs of containers and of systemd, too, and whether a program
/// can write JSON depends on a feature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LogFormat {
    /// Lines that begin with `on-shutdown: `, and the report as a timeline.
    #[default]
    Text,
    /// Lines of one JSON object each. Needs the feature `json`.
    ///
    /// Every object has `time` (RFC 3339, UTC), `level` (`INFO`, `WARN` or `ERROR`), `target` (`on_shutdown`), `event`, and
    /// `message`, the sentence of the text format. Most events have further fields, listed in
    /// [docs/telemetry.md](https://github.com/on-shutdown/on-shutdown/blob/main/docs/telemetry.md#json-lines). The last
    /// line of a shutdown is the event `report`, whose field `report` is the whole [`Report`](crate::Report).
    #[cfg(feature = "json")]
    Json,
}

impl LogFormat {
    /// Returns the format that the program sets, otherwise the one that the variable names, and a warning if the variable
    /// has no effect.
    ///
    /// # Errors
    /// No format has the name, which is returned.
    pub(crate) fn choose(own: Option<Self>, variable: Option<&str>) -> Result<(Self, Option<String>), String> {
        let name = variable.map(str::trim);
        match (own, name) {
            (Some(own), Some(name)) if name != own.name() => {
                let own_name = own.name();
                let warning = format!(
                    "`{FORMAT_ENV}={name}` has no effect: the program sets its format to {own_name}; remove `format` from \
                     the program, or unset the variable"
                );
                Ok((own, Some(warning)))
            }
            (Some(own), _) => Ok((own, None)),
            (None, None | Some("text")) => Ok((Self::Text, None)),
            #[cfg(feature = "json")]
            (None, Some("json")) => Ok((Self::Json, None)),
            // No error: a child that inherits the variable must start.
            #[cfg(not(feature = "json"))]
            (None, Some("json")) => {
                let warning = format!(
                    "`{FORMAT_ENV}=json` has no effect: it needs the feature `json` of on-shutdown, which is not compiled \
                     in; add it in Cargo.toml, or unset the variable"
                );
                Ok((Self::Text, Some(warning)))
            }
            (None, Some(other)) => Err(other.to_owned()),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            #[cfg(feature = "json")]
            Self::Json => "json",
        }
    }

    /// Makes this the format of all further lines.
    pub(crate) fn set(self) {
        // Relaxed, here and below: the number guards no other memory.
        CHOSEN.store(self.number(), Ordering::Relaxed);
    }

    /// Returns the format of the lines: the one that was set, otherwise that of the environment.
    pub(super) fn chosen() -> Self {
        match CHOSEN.load(Ordering::Relaxed) {
            0 => {
                // Kept, because a later line may come when the program holds the lock of the environment. A wrong value
                // is an error of the install.
                let variable = std::env::var(FORMAT_ENV).ok().filter(|name| !name.trim().is_empty());
                let (format, _) = Self::choose(None, variable.as_deref()).unwrap_or_default();
                // Fails if the install has set the format meanwhile.
                match CHOSEN.compare_exchange(0, format.number(), Ordering::Relaxed, Ordering::Relaxed) {
                    Ok(_) => format,
                    Err(_) => Self::chosen(),
                }
            }
            #[cfg(feature = "json")]
            JSON => Self::Json,
            _ => Self::Text,
        }
    }

    fn number(self) -> u8 {
        match self {
            Self::Text => TEXT,
            #[cfg(feature = "json")]
            Self::Json => JSON,
        }
    }
}

/// The number of the format. 0 if none was chosen.
static CHOSEN: AtomicU8 = AtomicU8::new(0);
const TEXT: u8 = 1;
#[cfg(feature = "json")]
const JSON: u8 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_chooses_then_the_variable_and_a_wrong_name_is_returned() {
        let choose = |variable| LogFormat::choose(None, variable);
        assert_eq!(choose(None), Ok((LogFormat::Text, None)));
        assert_eq!(choose(Some(" text\n")), Ok((LogFormat::Text, None)));
        #[cfg(feature = "json")]
        assert_eq!(choose(Some("json")), Ok((LogFormat::Json, None)));
        #[cfg(not(feature = "json"))]
        assert!(choose(Some("json")).is_ok_and(|(_, warning)| warning.is_some()));
        for wrong in ["JSON", "jsonl", "yaml", "1"] {
            assert_eq!(choose(Some(wrong)), Err(wrong.to_owned()));
        }
        let own = |variable| LogFormat::choose(Some(LogFormat::Text), variable).map(|(_, warning)| warning);
        assert_eq!((own(None), own(Some("text"))), (Ok(None), Ok(None)));
        let warning = own(Some("json")).unwrap().unwrap();
        assert!(warning.starts_with("`ON_SHUTDOWN_FORMAT=json` has no effect: the program sets its format to text; "));
    }
}
