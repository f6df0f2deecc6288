//! An outcome in, how it looks out: a color's name, a sign that works without color, and a word.

use crate::report::{HookReport, Outcome};

/// How the outcome of a hook is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Completed,
    Failed,
    Panicked,
    Cancelled,
    Abandoned,
    Skipped,
}

impl Look {
    pub(super) const ALL: [Self; 6] =
        [Self::Completed, Self::Failed, Self::Panicked, Self::Cancelled, Self::Abandoned, Self::Skipped];

    pub(super) fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Completed => Self::Completed,
            Outcome::Failed(_) => Self::Failed,
            Outcome::Panicked(_) => Self::Panicked,
            Outcome::TimedOut { abandoned: false } => Self::Cancelled,
            Outcome::TimedOut { abandoned: true } => Self::Abandoned,
            Outcome::Skipped(_) => Self::Skipped,
        }
    }

    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Panicked => "panicked",
            Self::Cancelled => "cancelled",
            Self::Abandoned => "abandoned",
            Self::Skipped => "skipped",
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Cancelled => "timed out, cancelled",
            Self::Abandoned => "timed out, abandoned",
            other => other.class(),
        }
    }

    /// A path around 0,0 to be drawn with a pen: tick, cross, warning triangle, clock, hourglass, struck circle.
    pub(super) fn sign(self) -> &'static str {
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

/// What there is to say about a hook that did not complete: the place, and why.
pub(super) fn remark(hook: &HookReport) -> Option<String> {
    let place = format!("{}:{}", hook.file, hook.line);
    match (&hook.outcome, &hook.doing) {
        (Outcome::Completed, _) => None,
        (Outcome::Skipped(why), _) => Some(why.to_string()),
        (Outcome::Failed(why) | Outcome::Panicked(why), _) => Some(format!("{why} ({place})")),
        (Outcome::TimedOut { .. }, Some(doing)) => Some(format!("{doing} ({place})")),
        (Outcome::TimedOut { .. }, None) => Some(place),
    }
}
