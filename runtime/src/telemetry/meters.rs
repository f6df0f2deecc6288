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
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use metrics::{counter, gauge, histogram};

use super::News;
use crate::report::{HookReport, Report};

/// What was counted already.
#[derive(Default)]
pub(super) struct Meters {
    counted: HashSet<(String, String, u32)>,
    deadline: Duration,
    /// The time that was told last, since the trigger.
    latest: Duration,
    /// The recorder has panicked.
    broken: bool,
}

impl Meters {
    pub(super) fn record(&mut self, news: &News) {
        if !self.broken {
            let set = catch_unwind(AssertUnwindSafe(|| self.set(news)));
            // The payload's `Drop` is the recorder's code as well.
            self.broken = set.map_err(std::mem::forget).is_err();
        }
    }

    fn set(&mut self, news: &News) {
        match news {
            News::Began { within, .. } => {
                self.deadline = *within;
                self.tell_time(Duration::ZERO);
            }
            News::Draining { in_flight } => gauge!("on_shutdown_in_flight_at_drain").set(count(*in_flight)),
            News::Ended(hook) => {
                self.count(hook);
                self.tell_time(hook.start.unwrap_or_default() + hook.duration);
            }
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
        self.deadline = report.deadline;
        self.tell_time(report.duration);
    }

    /// So long after the trigger. Known before the end, too: an exporter may be flushed before that.
    fn tell_time(&mut self, now: Duration) {
        if now >= self.latest {
            self.latest = now;
            gauge!("on_shutdown_duration_seconds").set(now.as_secs_f64());
            gauge!("on_shutdown_time_left_seconds").set(self.deadline.saturating_sub(now).as_secs_f64());
        }
    }
}

fn count(number: usize) -> f64 {
    u32::try_from(number).unwrap_or(u32::MAX).into()
}
