//! Defines the error of a hook: its text, and the value that the hook returned.

use std::any::Any;
use std::error::Error;
use std::fmt::{self, Display};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use crate::user_code::{catch_panic, discard};

/// The error that a hook returned: its text, and the error itself.
///
/// `Display` prints the text, which is the error as `{:#}` prints it: with all causes for an `anyhow::Error`. The text is
/// made once, when the hook returns. All clones share the error. Two errors are equal if their texts are.
///
/// # Examples
/// ```
/// use std::io;
/// use on_shutdown::{Outcome, Report};
///
/// /// Whether a hook found no space on the disk.
/// fn is_disk_full(report: &Report) -> bool {
///     report.hooks.iter().any(|hook| match &hook.outcome {
///         Outcome::Failed(error) => {
///             error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::StorageFull)
///         }
///         _ => false,
///     })
/// }
/// # let _ = is_disk_full;
/// ```
#[derive(Clone)]
pub struct HookError {
    text: Arc<str>,
    value: Option<Arc<ErrorValue>>,
}

/// The error as the hook returned it. Its `Drop` is user code.
struct ErrorValue(AssertUnwindSafe<Option<Box<dyn Any + Send + Sync>>>);

impl Drop for ErrorValue {
    fn drop(&mut self) {
        discard(self.0.take());
    }
}

impl HookError {
    /// Keeps an error that a hook has returned. Calls its `Display` once.
    pub(crate) fn new<E: HookErrorValue>(error: E) -> Self {
        // The hook has failed, also if its error panics when it is formatted.
        let text = catch_panic(|| format!("{error:#}"));
        let text = text.unwrap_or_else(|message| format!("its error panicked in `Display`: {message}"));
        Self { text: text.into(), value: Some(Arc::new(ErrorValue(AssertUnwindSafe(Some(Box::new(error)))))) }
    }

    /// Creates the error for a bug of this crate.
    pub(crate) fn internal(what: &str) -> Self {
        debug_assert!(false, "{what}");
        Self::from(format!("internal error of on-shutdown: {what}; please report it"))
    }

    /// Returns the text of the error.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the error that the hook returned, if it has this type.
    ///
    /// The type is the `E` of the `Result<T, E>` that the hook returns. Returns `None` for an error that is only a text: one
    /// of the runtime itself, or of [`testing`](crate#testing).
    #[must_use]
    pub fn downcast_ref<E: 'static>(&self) -> Option<&E> {
        self.value.as_ref()?.0.as_ref()?.downcast_ref()
    }
}

impl Display for HookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl fmt::Debug for HookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Only the text: the `Debug` of the value is user code.
        f.debug_tuple("HookError").field(&self.text).finish()
    }
}

/// The text has the causes already, so there is no `source`.
impl Error for HookError {}

impl PartialEq for HookError {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for HookError {}

/// Creates an error that is only a text.
impl From<String> for HookError {
    fn from(text: String) -> Self {
        Self { text: text.into(), value: None }
    }
}

/// Creates an error that is only a text.
impl From<&str> for HookError {
    fn from(text: &str) -> Self {
        Self { text: text.into(), value: None }
    }
}

/// A type that the error of a hook may have.
#[diagnostic::on_unimplemented(
    message = "a shutdown hook cannot return the error `{Self}`",
    label = "not `Display + Send + Sync + 'static`",
    note = "the report shows the error and keeps it: write `anyhow::Error`, `Box<dyn Error + Send + Sync>`, or a `Display` type"
)]
pub trait HookErrorValue: Display + Send + Sync + 'static {}

// Without this attribute the compiler reports the first bound that fails, and not the message above.
#[diagnostic::do_not_recommend]
impl<E: Display + Send + Sync + 'static> HookErrorValue for E {}

#[cfg(test)]
mod tests {
    use super::*;

    struct Hostile;

    impl Display for Hostile {
        fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("no words for it")
        }
    }

    impl Drop for Hostile {
        fn drop(&mut self) {
            panic!("the destructor panics")
        }
    }

    #[test]
    fn spec_3_15_an_error_that_panics_when_it_is_displayed_or_dropped_ends_there() {
        let error = HookError::new(Hostile);
        assert_eq!(error.as_str(), "its error panicked in `Display`: no words for it");
        assert!(error.downcast_ref::<Hostile>().is_some());
        drop(error);
    }

    #[test]
    fn errors_are_equal_by_their_texts_and_only_those_of_hooks_have_values() {
        let returned = HookError::new(7_u8);
        assert_eq!((returned.downcast_ref::<u8>(), returned.downcast_ref::<u16>()), (Some(&7), None));
        assert_eq!(returned.clone().downcast_ref::<u8>(), Some(&7));
        let text = HookError::from("7");
        assert_eq!((text.downcast_ref::<String>(), text.downcast_ref::<&str>()), (None, None));
        assert_eq!(returned, text);
        assert_ne!(returned, HookError::from("8".to_owned()));
        assert_eq!(
            (format!("{returned:>3}"), format!("{returned:?}")),
            ("  7".to_owned(), "HookError(\"7\")".to_owned())
        );
    }
}
