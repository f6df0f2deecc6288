//! News in, figures for the `metrics` facade out.
//!
//! | name | kind | labels |
//! |---|---|---|
//! | `on_shutdown_hook_duration_seconds` | histogram | `hook`, `phase`, `outcome` |
//! | `on_shutdown_hooks_total` | counter | `hook`, `phase`, `outcome` |
//! | `on_shutdown_in_flight_at_drain` | gauge | |
//! | `on_shutdown_duration_seconds` | gauge | |
//! | `on_shutdown_time_left_seconds` | gauge | |

use std::collections::HashSet;

use metrics::{counter, gauge, histogram};

use super::News;
use crate::report::{HookReport, Report};

/// What was counted already.
#[derive(Default)]
pub(super) struct Meters {
    counted: HashSet<(String, String, u32)>,
}

impl Meters {
    pub(super) fn record(&mut self, news: &News) {
        match news {
            News::Draining { in_flight } => gauge!("on_shutdown_in_flight_at_drain").set(count(*in_flight)),
            News::Ended(hook) => self.count(hook),
            News::Report(report) => self.conclude(report),
            _ => {}
        }
    }

    fn count(&mut self, hook: &HookReport) {
        if !self.counted.insert((hook.full_name(), hook.file.clone(), hook.line)) {
            return;
        }
        let labels = [
            ("hook", hook.full_name()),
            ("phase", hook.phase.name().to_owned()),
            ("outcome", hook.outcome.name().to_owned()),
        ];
        histogram!("on_shutdown_hook_duration_seconds", &labels).record(hook.duration.as_secs_f64());
        counter!("on_shutdown_hooks_total", &labels).increment(1);
    }

    /// Hooks that were left behind at the deadline have not ended before.
    fn conclude(&mut self, report: &Report) {
        report.hooks.iter().for_each(|hook| self.count(hook));
        gauge!("on_shutdown_duration_seconds").set(report.duration.as_secs_f64());
        let left = report.deadline.saturating_sub(report.duration);
        gauge!("on_shutdown_time_left_seconds").set(left.as_secs_f64());
    }
}

fn count(number: usize) -> f64 {
    u32::try_from(number).unwrap_or(u32::MAX).into()
}
