//! Records the metrics of a shutdown through the `metrics` facade.
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

use super::Event;
use crate::report::{HookReport, Report};
use crate::user_code::catch_panic;

/// Records each hook once, and the elapsed time after each event.
#[derive(Default)]
pub(super) struct ShutdownMetrics {
    /// The hooks that were counted before, by full name, file and line.
    counted: HashSet<(String, String, u32)>,
    /// The time from the trigger to the deadline.
    deadline: Duration,
    /// The latest time since the trigger that was recorded.
    latest: Duration,
    /// Whether the recorder has panicked. It is not called again.
    broken: bool,
}

impl ShutdownMetrics {
    pub(super) fn record(&mut self, event: &Event) {
        if !self.broken {
            // The recorder is user code.
            self.broken = catch_panic(|| self.set(event)).is_err();
        }
    }

    fn set(&mut self, event: &Event) {
        match event {
            Event::Began { within, .. } => {
                self.deadline = *within;
                self.record_time(Duration::ZERO);
            }
            Event::DrainingBegan { in_flight } => gauge!("on_shutdown_in_flight_at_drain").set(count(*in_flight)),
            Event::HookEnded(hook) => {
                self.count(hook);
                // A hook that was skipped has no start.
                if let Some(start) = hook.start {
                    self.record_time(start.saturating_add(hook.duration));
                }
            }
            Event::Ended(report) => self.record_report(report),
            _ => {}
        }
    }

    fn count(&mut self, hook: &HookReport) {
        // A hook comes twice: when it ends, and in the report.
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

    /// Counts the hooks that have not ended, too.
    fn record_report(&mut self, report: &Report) {
        report.hooks.iter().for_each(|hook| self.count(hook));
        self.deadline = report.budget;
        self.record_time(report.duration);
    }

    /// Records the time since the trigger. A hook may flush the exporter before the report, so each event records it.
    fn record_time(&mut self, now: Duration) {
        // Hooks that run concurrently end in any order, and the gauge must not go back.
        if now >= self.latest {
            self.latest = now;
            gauge!("on_shutdown_duration_seconds").set(now.as_secs_f64());
            gauge!("on_shutdown_time_left_seconds").set(self.deadline.saturating_sub(now).as_secs_f64());
        }
    }
}

fn count(number: usize) -> f64 {
    // Every `u32` has an exact `f64`.
    u32::try_from(number).unwrap_or(u32::MAX).into()
}
