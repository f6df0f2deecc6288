//! Chooses how an outcome looks: a color, an icon that works without color, and words.

use crate::model::{Hook, Outcome};

/// The look of an outcome. The names are also CSS classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutcomeStyle {
    Completed,
    Failed,
    Panicked,
    Cancelled,
    Abandoned,
    Skipped,
}

impl OutcomeStyle {
    pub(crate) const ALL: [Self; 6] =
        [Self::Completed, Self::Failed, Self::Panicked, Self::Cancelled, Self::Abandoned, Self::Skipped];

    pub(crate) fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Completed => Self::Completed,
            Outcome::Failed(_) => Self::Failed,
            Outcome::Panicked(_) => Self::Panicked,
            Outcome::TimedOut { abandoned: false } => Self::Cancelled,
            Outcome::TimedOut { abandoned: true } => Self::Abandoned,
            Outcome::Skipped(_) => Self::Skipped,
        }
    }

    pub(crate) fn css_class(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Panicked => "panicked",
            Self::Cancelled => "cancelled",
            Self::Abandoned => "abandoned",
            Self::Skipped => "skipped",
        }
    }

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Cancelled => "timed out, cancelled",
            Self::Abandoned => "timed out, abandoned",
            other => other.css_class(),
        }
    }

    /// Returns the path of an icon around 0,0: tick, cross, warning triangle, clock, hourglass, struck circle.
    pub(crate) fn icon(self) -> &'static str {
        match self {
            Self::Completed => "M-4 .3L-1.3 3.3L4.3-3.3",
            Self::Failed => "M-3.8-3.8L3.8 3.8M3.8-3.8L-3.8 3.8",
            Self::Panicked => "M0-5.2L5.4 4.4H-5.4ZM0-1.8V1.2M0 2.7V3",
            Self::Cancelled => "M0-5A5 5 0 1 1-.01-5ZM0-2.6V.2L2 1.6",
            Self::Abandoned => "M-4-5H4L-4 5H4Z",
            Self::Skipped => "M0-4.6A4.6 4.6 0 1 1-.01-4.6ZM-3.2 3.2L3.2-3.2",
        }
    }
}

/// Returns the line below a hook that did not complete, or that left tasks: the reason and the location.
pub(super) fn remark(hook: &Hook) -> Option<String> {
    let location = format!("{}:{}", hook.file, hook.line);
    let reason = match &hook.outcome {
        Outcome::Completed => None,
        Outcome::Skipped(why) => return Some(why.clone()),
        Outcome::Failed(why) | Outcome::Panicked(why) => Some(why.clone()),
        Outcome::TimedOut { .. } => hook.activity.clone(),
    };
    let parts: Vec<String> = reason.into_iter().chain(hook.left_tasks_text()).collect();
    match hook.outcome {
        Outcome::Completed if parts.is_empty() => None,
        _ if parts.is_empty() => Some(location),
        _ => Some(format!("{} ({location})", parts.join("; "))),
    }
}
