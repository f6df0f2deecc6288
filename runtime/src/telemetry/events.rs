//! News in, events of `tracing` out.

use std::time::Duration;

use tracing::subscriber::NoSubscriber;
use tracing::{Level, debug, dispatcher, error, event_enabled, info, info_span, warn};

use super::News;
use crate::report::{HookReport, Outcome, Report};

/// Whether somebody took it. Who would not even take an error of ours does not listen.
pub(super) fn emit(news: &News) -> bool {
    let nobody = dispatcher::get_default(dispatcher::Dispatch::is::<NoSubscriber>);
    if nobody || !event_enabled!(target: "on_shutdown", Level::ERROR) {
        return false;
    }
    let sentence = news.sentence().unwrap_or_default();
    match news {
        News::Installed(_) | News::Waiting(_) | News::Noted(_) => info!(target: "on_shutdown", "{sentence}"),
        News::Advice(_) | News::Trouble(_) | News::CutOff(_) | News::Hurry(_) => {
            warn!(target: "on_shutdown", "{sentence}");
        }
        // Inside a span of its own: some exporters take no event without. It shows as well whether spans are answered.
        News::Began { trigger, hooks, within } => {
            info_span!(target: "on_shutdown", "shutdown_begins", %trigger).in_scope(|| {
                info!(target: "on_shutdown", %trigger, hooks, within_seconds = within.as_secs_f64(), "{sentence}");
            });
        }
        News::Draining { in_flight } => info!(target: "on_shutdown", in_flight, "draining begins"),
        News::TimedOut { hook, after, doing } => warn!(
            target: "on_shutdown",
            hook = hook.full_name, file = hook.file, line = hook.line, doing, after_seconds = after.as_secs_f64(),
            "{sentence}"
        ),
        News::StillRunning { hook, elapsed, remaining, doing } => warn!(
            target: "on_shutdown",
            hook = hook.full_name, file = hook.file, line = hook.line, doing,
            elapsed_seconds = elapsed.as_secs_f64(), remaining_seconds = remaining.as_secs_f64(),
            "{sentence}"
        ),
        News::Ended(hook) => ended(hook),
        News::Report(report) => tell_report(report),
    }
    true
}

fn ended(hook: &HookReport) {
    let HookReport { outcome, file, line, duration, .. } = hook;
    let (name, phase, seconds) = (hook.full_name(), hook.phase.name(), seconds(*duration));
    match outcome {
        Outcome::Completed => debug!(
            target: "on_shutdown", hook = name, phase, seconds, outcome = outcome.name(), "{} {outcome}", hook.name
        ),
        _ => warn!(
            target: "on_shutdown",
            hook = name, phase, seconds, outcome = outcome.name(), file, line,
            "{} ({file}:{line}) {outcome}", hook.name
        ),
    }
}

fn tell_report(report: &Report) {
    let (exit_code, seconds, deadline_seconds) = (report.exit_code, seconds(report.duration), seconds(report.deadline));
    let headline = report.headline();
    let trigger = report.trigger.to_string();
    match exit_code {
        0 => info!(
            target: "on_shutdown", exit_code, trigger, seconds, deadline_seconds, "shutdown report: {headline}"
        ),
        _ => error!(
            target: "on_shutdown", exit_code, trigger, seconds, deadline_seconds, timeline = %report,
            "shutdown report: {headline}"
        ),
    }
}

fn seconds(length: Duration) -> f64 {
    length.as_secs_f64()
}
