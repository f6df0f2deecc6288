//! Emits events of `tracing`.

use std::time::Duration;

use tracing::subscriber::NoSubscriber;
use tracing::{Level, debug, dispatcher, error, event_enabled, info, info_span, warn};

use super::Notice;
use crate::report::{HookReport, OneLine, Outcome, Report};

/// Emits the event, and returns whether a subscriber is there and listens.
///
/// One that does not even want errors of this crate does not listen.
pub(super) fn emit(news: &Notice) -> bool {
    let nobody = dispatcher::get_default(dispatcher::Dispatch::is::<NoSubscriber>);
    if nobody || !event_enabled!(target: "on_shutdown", Level::ERROR) {
        return false;
    }
    let sentence = match news {
        Notice::Draining { in_flight } => {
            info!(target: "on_shutdown", in_flight, "draining begins");
            return true;
        }
        Notice::Ended(hook) => {
            emit_end(hook);
            return true;
        }
        Notice::Report(report) => {
            emit_report(report);
            return true;
        }
        other => other.sentence(),
    };
    let Some(sentence) = sentence else {
        debug_assert!(false, "the news without a sentence are above: {news:?}");
        return false;
    };
    match news {
        Notice::Installed(_) | Notice::Waiting(_) | Notice::Noted(_) => info!(target: "on_shutdown", "{sentence}"),
        Notice::Advice(_) | Notice::Trouble(_) | Notice::CutOff(_) | Notice::Hurry(_) => {
            warn!(target: "on_shutdown", "{sentence}");
        }
        // Inside a span: some exporters take no event without one. It also shows whether the subscriber answers spans.
        Notice::Began { trigger, hooks, within } => {
            info_span!(target: "on_shutdown", "shutdown_begins", %trigger).in_scope(|| {
                info!(target: "on_shutdown", %trigger, hooks, within_seconds = within.as_secs_f64(), "{sentence}");
            });
        }
        Notice::Draining { .. } | Notice::Ended(_) | Notice::Report(_) => {}
        Notice::TimedOut { hook, after, activity } => warn!(
            target: "on_shutdown",
            hook = hook.full_name, file = hook.file, line = hook.line, activity, after_seconds = after.as_secs_f64(),
            "{sentence}"
        ),
        Notice::StillRunning { hook, elapsed, remaining, activity } => warn!(
            target: "on_shutdown",
            hook = hook.full_name, file = hook.file, line = hook.line, activity,
            elapsed_seconds = elapsed.as_secs_f64(), remaining_seconds = remaining.as_secs_f64(),
            "{sentence}"
        ),
    }
    true
}

fn emit_end(hook: &HookReport) {
    let HookReport { outcome, file, line, duration, .. } = hook;
    let (name, phase, seconds) = (hook.full_name(), hook.phase.name(), seconds(*duration));
    let label = OneLine(&hook.name);
    match outcome {
        Outcome::Completed => debug!(
            target: "on_shutdown", hook = name, phase, seconds, outcome = outcome.name(), "{label} {outcome}"
        ),
        _ => warn!(
            target: "on_shutdown",
            hook = name, phase, seconds, outcome = outcome.name(), file, line,
            "{label} ({file}:{line}) {}", OneLine(outcome)
        ),
    }
}

fn emit_report(report: &Report) {
    let (exit_code, seconds, budget_seconds) = (report.exit_code, seconds(report.duration), seconds(report.budget));
    let headline = OneLine(report.headline());
    let trigger = report.trigger.to_string();
    match exit_code {
        0 => info!(
            target: "on_shutdown", exit_code, trigger, seconds, budget_seconds, "shutdown report: {headline}"
        ),
        _ => error!(
            target: "on_shutdown", exit_code, trigger, seconds, budget_seconds, timeline = %report,
            "shutdown report: {headline}"
        ),
    }
}

fn seconds(length: Duration) -> f64 {
    length.as_secs_f64()
}
