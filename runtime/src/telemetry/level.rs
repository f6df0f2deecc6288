//! Names how grave a line on stderr is.

/// How grave a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    #[cfg(feature = "json")]
    Info,
    Warn,
    Error,
}
