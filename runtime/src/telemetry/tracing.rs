//! Emits the events of a shutdown through `tracing`.

use std::fmt::Display;
use std::time::Duration;

use tracing::subscriber::NoSubscriber;
use tracing::{Level, debug, dispatcher, error, event_enabled, info, info_span, warn};

use super::Event;
use crate::drain::WorkInFlight;
use crate::report::{HookReport, OneLine, Outcome, Report};

/// Emits the event. Returns `false` if there is no subscriber, or if its filter rejects even errors of this crate.
pub(super) fn emit(event: &Event) -> bool {
    let is_listening = has_subscriber() && event_enabled!(target: "on_shutdown", Level::ERROR);
    if is_listening {
        emit_event(event);
    }
    is_listening
}

/// Returns whether the program has set a global subscriber.
fn has_subscriber() -> bool {
    // This thread has no subscriber of its own, so its default is the global one. `has_been_set` would also be true if
    // another thread had one.
    !dispatcher::get_default(dispatcher::Dispatch::is::<NoSubscriber>)
}

fn emit_event(event: &Event) {
    match event {
        Event::DrainingBegan { in_flight } => info!(target: "on_shutdown", in_flight, "draining begins"),
        Event::HookEnded(hook) => emit_hook_end(hook),
        Event::Ended(report) => emit_report(report),
        other => other.sentence().iter().for_each(|sentence| emit_sentence(other, sentence)),
    }
}

fn emit_sentence(event: &Event, sentence: &str) {
    match event {
        Event::Warning(_) | Event::Problem(_) => warn!(target: "on_shutdown", "{sentence}"),
        Event::FastShutdown(signal) => warn!(target: "on_shutdown", %signal, "{sentence}"),
        Event::LaterTrigger(trigger) => info!(target: "on_shutdown", trigger = one_line(trigger), "{sentence}"),
        Event::StillInFlight(WorkInFlight { name, count, oldest, file, line }) => info!(
            target: "on_shutdown",
            work = one_line(name), count, oldest_seconds = seconds(*oldest), file, line, "{sentence}"
        ),
        Event::WorkCutOff(WorkInFlight { name, count, oldest, file, line }) => warn!(
            target: "on_shutdown",
            work = one_line(name), count, oldest_seconds = seconds(*oldest), file, line, "{sentence}"
        ),
        Event::Began { .. } | Event::ScopeBegan { .. } => emit_beginning(event, sentence),
        Event::ScopeEnded { scope, report } => {
            let (exit_code, seconds) = (report.exit_code, seconds(report.duration));
            if report.is_success() {
                info!(target: "on_shutdown", scope, exit_code, seconds, "{sentence}");
            } else {
                warn!(target: "on_shutdown", scope, exit_code, seconds, "{sentence}");
            }
        }
        Event::HookTimedOut { hook, after, activity } => warn!(
            target: "on_shutdown",
            hook = one_line(&hook.full_name), file = hook.file, line = hook.line, phase = hook.phase.name(),
            activity = activity.as_ref().map(one_line),
            seconds = seconds(*after), outcome = "timed_out",
            "{sentence}"
        ),
        Event::StillRunning { hook, elapsed, remaining, activity } => warn!(
            target: "on_shutdown",
            hook = one_line(&hook.full_name), file = hook.file, line = hook.line, phase = hook.phase.name(),
            activity = activity.as_ref().map(one_line),
            elapsed_seconds = elapsed.as_secs_f64(), remaining_seconds = remaining.as_secs_f64(),
            "{sentence}"
        ),
        // The others are expected.
        _ => info!(target: "on_shutdown", "{sentence}"),
    }
}

/// Emits the beginning inside a span: some exporters drop events without one, and this shows whether the subscriber answers
/// spans.
fn emit_beginning(event: &Event, sentence: &str) {
    match event {
        Event::Began { trigger, hooks, within } => {
            let trigger = one_line(trigger);
            info_span!(target: "on_shutdown", "shutdown_begins", trigger).in_scope(|| {
                info!(target: "on_shutdown", trigger, hooks, within_seconds = within.as_secs_f64(), "{sentence}");
            });
        }
        Event::ScopeBegan { scope, trigger, hooks, within } => {
            let trigger = one_line(trigger);
            info_span!(target: "on_shutdown", "scope_shutdown_begins", scope, trigger).in_scope(|| {
                info!(
                    target: "on_shutdown",
                    scope, trigger, hooks, within_seconds = within.as_secs_f64(), "{sentence}"
                );
            });
        }
        _ => {}
    }
}

fn emit_hook_end(hook: &HookReport) {
    let HookReport { outcome, file, line, duration, .. } = hook;
    let (name, phase, seconds) = (one_line(hook.full_name()), hook.phase.name(), seconds(*duration));
    let label = OneLine(&hook.name);
    match outcome {
        // At level debug: a program may have a thousand hooks, and the report counts those that completed.
        Outcome::Completed => debug!(
            target: "on_shutdown", hook = name, phase, seconds, outcome = outcome.name(), "{label} {outcome}"
        ),
        // The timeout was an event, which also says what the hook was doing.
        Outcome::TimedOut { .. } => {}
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
    let trigger = one_line(&report.trigger);
    match exit_code {
        0 => info!(
            target: "on_shutdown", exit_code, trigger, seconds, budget_seconds, "shutdown report: {headline}"
        ),
        // Without the timeline, which has many lines: each hook that did not complete, and all work that was cut off, was
        // an event.
        _ => error!(
            target: "on_shutdown", exit_code, trigger, seconds, budget_seconds, "shutdown report: {headline}"
        ),
    }
}

/// Returns the text without control characters, which a terminal would obey.
fn one_line(value: impl Display) -> String {
    OneLine(value).to_string()
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}
