//! Writes the warnings at install: what the author of the program may not expect. And the facts that only the plan shows.

use crate::duration_text::HumanDuration;
use crate::install::shell_form;
use crate::os;
use crate::plan::Plan;
use crate::plan::shortfall;
use crate::trigger::Signal;

/// What the author or the operator of the program may want to know, one sentence each.
pub(crate) struct Advice {
    /// What they may not expect. Logged at every start, and `ON_SHUTDOWN=check` fails.
    pub(crate) warnings: Vec<String>,
    /// Which signals stay ignored if this is expected. Printed with the plan, and not logged.
    pub(crate) still_ignored: Option<String>,
    /// Why the report goes to another file than the one that the variable names. Logged, but not a warning.
    pub(crate) report_note: Option<String>,
}

impl Advice {
    /// Returns the advice without a note about the report. `handled` and `ignored` are the signals of the set.
    pub(crate) fn new(plan: &Plan, unused_variables: &[String], handled: &[Signal], ignored: &[Signal]) -> Self {
        let sentence = still_ignored(ignored);
        let is_expected = is_stopped_otherwise(handled, ignored);
        let (still_ignored, warning) = if is_expected { (sentence, None) } else { (None, sentence) };
        // The plan first: the author of the program can change it.
        let mut warnings = plan_warnings(plan);
        warnings.extend_from_slice(unused_variables);
        warnings.extend([warning, shell_form::warning()].into_iter().flatten());
        Self { warnings, still_ignored, report_note: None }
    }
}

/// Returns the warnings that do not depend on how and where the program was started.
pub(crate) fn plan_warnings(plan: &Plan) -> Vec<String> {
    [shortfall::describe(plan), long_delay(plan), unused_limit(plan), panic_aborts()].into_iter().flatten().collect()
}

fn long_delay(plan: &Plan) -> Option<String> {
    let (delay, usable) = (plan.drain_delay(), plan.budget().usable());
    // Half: with more, the delay is the longest part of the shutdown, and hooks are cut short first.
    (delay > usable / 2).then(|| {
        format!(
            "the drain delay of {} is more than half of the usable {}; \
             write a shorter `drain_delay` or a longer `{}`",
            HumanDuration(delay),
            HumanDuration(usable),
            plan.budget().setting()
        )
    })
}

fn unused_limit(plan: &Plan) -> Option<String> {
    let time = plan.max_drain_time().filter(|_| plan.has_unused_max_drain_time())?;
    Some(format!(
        "`max_drain_time` of {} has no effect: work in flight is waited for until {} at most; write a shorter \
         `max_drain_time`, or remove it",
        HumanDuration(time),
        HumanDuration(plan.drain_limit())
    ))
}

/// Returns whether it is expected that these signals are ignored: terminals send them, and a shell ignores them for a job
/// with `&`, or `nohup` because a person asked for it. Another signal must stop the program.
fn is_stopped_otherwise(handled: &[Signal], ignored: &[Signal]) -> bool {
    !handled.is_empty() && ignored.iter().all(|signal| signal.is_from_terminal())
}

fn still_ignored(ignored: &[Signal]) -> Option<String> {
    let names: Vec<String> = ignored.iter().map(ToString::to_string).collect();
    let from_terminal = ignored.iter().all(|signal| signal.is_from_terminal());
    let by = if from_terminal { "nohup, or a background job" } else { "by the process that started it" };
    (!ignored.is_empty()).then(|| {
        format!(
            "{} was ignored when the program started ({by}) and stays ignored; \
             write `handle_ignored_signals = true` to handle it",
            names.join(", ")
        )
    })
}

/// Works because cargo compiles this crate with the panic strategy of the program. Where there is no other strategy, the line
/// of the install says so.
fn panic_aborts() -> Option<String> {
    (cfg!(panic = "abort") && !os::ALWAYS_ABORTS).then(|| {
        "this program is built with `panic = \"abort\"`: a hook that panics ends the process at once, and the \
         hooks after it do not run"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ignored_signal_is_a_surprise_unless_a_terminal_sends_it_and_another_one_is_handled() {
        let (int, quit, hup, term) = (Signal::SIGINT, Signal::SIGQUIT, Signal::SIGHUP, Signal::SIGTERM);
        for (handled, ignored, is_expected) in [
            (&[term][..], &[int][..], true),
            (&[term], &[int, quit, hup], true),
            (&[Signal::SIGUSR1], &[int], true),
            (&[int], &[term], false),
            (&[hup], &[term, int], false),
            (&[term], &[int, Signal::SIGUSR1], false),
            (&[], &[int], false),
            (&[], &[term, int], false),
        ] {
            assert_eq!(is_stopped_otherwise(handled, ignored), is_expected, "{handled:?} {ignored:?}");
        }
        assert_eq!(still_ignored(&[]), None);
    }
}
