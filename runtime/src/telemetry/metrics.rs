//! Records the shutdown's figures with the `metrics` facade.
//!
//! | name | kind | labels |
//! |---|---|---|
//! | `on_shutdown_hook_duration_seconds` | histogram | `hook`, `phase`, `outcome` |
//! | `on_shutdown_hooks_total` | counter | `hook`, `phase`, `outcome` |
//! | `on_shutdown_in_flight_at_drain` | gauge | |
//! | `on_shutdown_duration_seconds` | gauge | |
//! | `on_shutdown_time_left_seconds` | gauge | |

use std::collections::HashSet;
use std::time::Duration;

use metrics::{counter, gauge, histogram};

use super::Notice;
use crate::report::{HookReport, Report};
use crate::user_code::catch_panic;

/// Records each hook once, and the time on the way.
#[derive(Default)]
pub(super) struct ShutdownMetrics {
    /// The hooks that are counted already, by full name, file and line.
    counted: HashSet<(String, String, u32)>,
    deadline: Duration,
    /// The latest time that was recorded, since the trigger.
    latest: Duration,
    /// The recorder has panicked. It is not called again.
    broken: bool,
}

impl ShutdownMetrics {
    pub(super) fn record(&mut self, news: &Notice) {
        if !self.broken {
            // The recorder is the program's code.
            self.broken = catch_panic(|| self.set(news)).is_err();
        }
    }

    fn set(&mut self, news: &Notice) {
        match news {
            Notice::Began { within, .. } => {
                self.deadline = *within;
                self.record_time(Duration::ZERO);
            }
            Notice::Draining { in_flight } => gauge!("on_shutdown_in_flight_at_drain").set(count(*in_flight)),
            Notice::Ended(hook) => {
                self.count(hook);
                // A hook that was skipped has no start.
                if let Some(start) = hook.start {
                    self.record_time(start.saturating_add(hook.duration));
                }
            }
            Notice::Report(report) => self.record_report(report),
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

    /// Counts the hooks that never ended, too.
    fn record_report(&mut self, report: &Report) {
        report.hooks.iter().for_each(|hook| self.count(hook));
        self.deadline = report.budget;
        self.record_time(report.duration);
    }

    /// Records the time since the trigger. Called before the end, too: an exporter may be flushed before that.
    fn record_time(&mut self, now: Duration) {
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
