//! Draws a report as the text that the runtime prints.
//!
//! `runtime/src/report/text.rs` draws the same lines. The two are separate because the runtime must not depend on
//! this crate, and this crate reads reports of other versions. The test `tests/report/tests/report/reader.rs` compares
//! the two, for a real report with every outcome: change both together.

use std::fmt;
use std::time::Duration;

use crate::human_duration::HumanDuration;
use crate::model::{CutOff, Hook, LaterTrigger, Outcome, Report};
use crate::one_line::OneLine;
use crate::summary::trigger_line;
use crate::wall_clock::utc;

/// How text is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextOptions {
    width: usize,
    is_colored: bool,
}

impl TextOptions {
    /// Returns the options for a file, a pipe or a log: 100 characters wide, no colors.
    #[must_use]
    pub const fn new() -> Self {
        Self { width: 100, is_colored: false }
    }

    /// Sets the width in characters. A line is longer if there is more to say.
    #[must_use]
    pub const fn width(mut self, characters: usize) -> Self {
        self.width = characters;
        self
    }

    /// Sets whether a terminal's escape codes color bars and outcomes.
    #[must_use]
    pub const fn colored(mut self, yes: bool) -> Self {
        self.is_colored = yes;
        self
    }
}

impl Default for TextOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl Report {
    /// Returns the report as text: a headline, a line for each hook with a bar over time, and what came later.
    #[must_use]
    pub fn to_text(&self, options: TextOptions) -> String {
        Timeline { report: self, options }.to_string()
    }
}

/// Writes the report as [`to_text`](Report::to_text) does with the default options.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Timeline { report: self, options: TextOptions::new() }.fmt(f)
    }
}

struct Timeline<'a> {
    report: &'a Report,
    options: TextOptions,
}

/// The widths of the columns, in characters.
struct ColumnWidths {
    phase: usize,
    priority: usize,
    name: usize,
    bar: usize,
}

const IN_FLIGHT: &str = "(in flight)";
/// The width of the longest phase of the runtime, `deregister`.
const MIN_PHASE_WIDTH: usize = 10;

/// Maximum width of a column of names. A longer name moves the rest of its own line and no other line. A formatter panics
/// if it has to pad to more than 65535 characters.
const MAX_NAME_WIDTH: usize = 100;

/// Returns the number of characters that the text has when its control characters are escaped.
fn escaped_width(text: &str) -> usize {
    OneLine(text).to_string().chars().count()
}

impl Timeline<'_> {
    fn column_widths(&self) -> ColumnWidths {
        let hooks = &self.report.hooks;
        let name = hooks.iter().map(|hook| escaped_width(&hook.name)).max().unwrap_or(0);
        let name = name.clamp(IN_FLIGHT.len(), MAX_NAME_WIDTH);
        let priority = hooks.iter().map(|hook| hook.priority.to_string().len()).max().unwrap_or(0).max(4);
        let phases = self.report.phases.iter().map(|phase| escaped_width(phase));
        let phase = phases.max().unwrap_or(0).clamp(MIN_PHASE_WIDTH, MAX_NAME_WIDTH);
        // The bar shares the line with: margins 5, both times 19, `completed` 11, the edges of the bar 6.
        let bar = self.options.width.saturating_sub(phase + priority + name + 41).clamp(Bar::MIN_WIDTH, Bar::MAX_WIDTH);
        ColumnWidths { phase, priority, name, bar }
    }

    fn write_hook(&self, f: &mut fmt::Formatter<'_>, heading: &str, widths: &ColumnWidths, hook: &Hook) -> fmt::Result {
        let ColumnWidths { phase, priority, name, bar } = *widths;
        let bar = Bar { start: hook.start, duration: hook.duration, whole: self.report.duration, width: bar };
        let (color, end) = self.color(&hook.outcome);
        let (heading, label) = (OneLine(heading).to_string(), OneLine(&hook.name).to_string());
        write!(f, "  {heading:phase$} {:>priority$}  {label:name$}  |{color}{bar}{end}|  ", hook.priority)?;
        let start = hook.start.map_or(String::new(), |start| format!("+{}", HumanDuration(start)));
        write!(f, "{start:>9}  {:>8}  {color}{}{end}", HumanDuration(hook.duration), OneLine(&hook.outcome))?;
        if let Some(left_tasks) = hook.left_tasks_text() {
            write!(f, ", {left_tasks}")?;
        }
        if hook.outcome != Outcome::Completed || hook.left_tasks > 0 {
            write!(f, " ({}:{})", OneLine(&hook.file), hook.line)?;
        }
        if let Some(activity) = &hook.activity {
            write!(f, "; {}", OneLine(activity))?;
        }
        writeln!(f)
    }

    /// Writes the line of the work in flight, from the beginning of draining until the runtime stopped waiting.
    fn write_in_flight(&self, f: &mut fmt::Formatter<'_>, widths: &ColumnWidths) -> fmt::Result {
        let samples = &self.report.in_flight_samples;
        let Some((start, most)) = self.report.draining.zip(samples.iter().map(|sample| sample.count).max()) else {
            return Ok(());
        };
        if most == 0 {
            return Ok(());
        }
        let end = samples.last().filter(|last| last.count == 0).map_or(self.report.duration, |last| last.at);
        let (duration, whole) = (end.saturating_sub(start), self.report.duration);
        let bar = Bar { start: Some(start), duration, whole, width: widths.bar };
        let ColumnWidths { phase, priority, name, .. } = *widths;
        let (from, took) = (format!("+{}", HumanDuration(start)), HumanDuration(duration));
        let most = format!("at most {most}");
        writeln!(f, "  {:phase$} {:>priority$}  {IN_FLIGHT:name$}  |{bar}|  {from:>9}  {took:>8}  {most}", "", "")
    }

    /// Writes the errors of `main` and of tasks with all their lines, unless the headline shows the whole error.
    fn write_errors(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let later = self.report.later_triggers.iter().map(|later| &later.trigger);
        for trigger in std::iter::once(&self.report.trigger).chain(later) {
            let Some((owner, details)) = trigger.error_details() else { continue };
            writeln!(f, "  the error of {}:", OneLine(owner))?;
            let mut lines = details.lines().filter(|line| !line.trim().is_empty());
            lines.try_for_each(|line| writeln!(f, "    {}", OneLine(line)))?;
        }
        Ok(())
    }

    fn color(&self, outcome: &Outcome) -> (&'static str, &'static str) {
        if !self.options.is_colored {
            return ("", "");
        }
        let color = match outcome {
            Outcome::Completed => "\x1b[32m",
            Outcome::Failed(_) | Outcome::Panicked(_) => "\x1b[31m",
            Outcome::TimedOut { .. } => "\x1b[33m",
            Outcome::Skipped(_) => "\x1b[2m",
        };
        (color, "\x1b[0m")
    }
}

impl fmt::Display for Timeline<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.report;
        writeln!(f, "shutdown report: {}", OneLine(report.headline()))?;
        let widths = self.column_widths();
        let (until_drain, later) = report.split_after_drain();
        let mut phase = None;
        for (part, hooks) in [until_drain, later].into_iter().enumerate() {
            for hook in hooks {
                let heading = if phase.replace(&hook.phase) == Some(&hook.phase) { "" } else { hook.phase.as_str() };
                self.write_hook(f, heading, &widths, hook)?;
            }
            if part == 0 {
                self.write_in_flight(f, &widths)?;
            }
        }
        write_last_new_work(f, report)?;
        report.in_flight.iter().try_for_each(|work| writeln!(f, "  cut off  {}", OneLine(work)))?;
        report.cut_off.iter().try_for_each(|cut_off| write_cut_off(f, cut_off))?;
        for LaterTrigger { at, trigger } in &report.later_triggers {
            writeln!(f, "  +{} {}", HumanDuration(*at), OneLine(trigger_line(trigger)))?;
        }
        self.write_errors(f)?;
        write_process(f, report)
    }
}

/// Writes which process it was, and when, by the system clock.
fn write_process(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    let Some(process) = &report.process else { return Ok(()) };
    write!(f, "  {process}")?;
    let times = report.triggered_at.and_then(|at| utc(at).zip(at.checked_add(report.duration).and_then(utc)));
    times.iter().try_for_each(|(began, ended)| write!(f, "; from {began} to {ended}"))?;
    writeln!(f)
}

/// Writes when the last new work came, as a hint for the length of the drain delay.
fn write_last_new_work(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    let Some((last, draining)) = report.last_new_work.zip(report.draining) else { return Ok(()) };
    let (at, began) = (HumanDuration(last), HumanDuration(draining));
    // The last fifth: gateways that have removed the program send nothing for some time before the end of the delay.
    if last >= draining * 4 / 5 {
        writeln!(
            f,
            "  the last new work came at +{at}, and draining began at +{began}: more may have been refused; set a longer \
             drain delay"
        )
    } else {
        writeln!(f, "  the last new work came at +{at}, and draining began at +{began}")
    }
}

/// Writes why work was cut off, and the connections that were open.
fn write_cut_off(f: &mut fmt::Formatter<'_>, cut_off: &CutOff) -> fmt::Result {
    writeln!(f, "  {}", OneLine(cut_off))?;
    cut_off.connections.iter().try_for_each(|connection| writeln!(f, "  open     {}", OneLine(connection)))?;
    match cut_off.more_connections {
        0 => Ok(()),
        more => writeln!(f, "  open     {more} more"),
    }
}

/// A hook's part of the whole shutdown, drawn with `#`.
struct Bar {
    start: Option<Duration>,
    duration: Duration,
    whole: Duration,
    width: usize,
}

impl Bar {
    const MIN_WIDTH: usize = 12;
    const MAX_WIDTH: usize = 60;

    fn column(&self, at: Duration) -> usize {
        let column = at.as_nanos() * self.width as u128 / self.whole.as_nanos().max(1);
        usize::try_from(column).unwrap_or(self.width).min(self.width)
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = match self.start {
            None => (self.width, self.width),
            // What ran is visible: at least one mark, also at the very end.
            Some(start) => {
                let from = self.column(start).min(self.width.saturating_sub(1));
                (from, self.column(start.saturating_add(self.duration)).max(from + 1))
            }
        };
        let (marks, rest) = (to - from, self.width.saturating_sub(to));
        write!(f, "{:from$}{:#<marks$}{:rest$}", "", "", "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Trigger;
    use crate::samples;

    #[test]
    fn the_text_is_as_wide_as_the_terminal() {
        let mut report = samples::one();
        report.hooks.iter_mut().for_each(|hook| (hook.start, hook.duration) = (Some(Duration::ZERO), report.duration));
        let marks = |width| {
            let text = report.to_text(TextOptions::new().width(width));
            text.lines().nth(1).map(|line| (line.matches('#').count(), line.chars().count() <= width))
        };
        assert_eq!(marks(80), Some((13, true)));
        assert_eq!(marks(120), Some((53, true)));
        assert_eq!(marks(20), Some((12, false)), "a bar is never narrower than 12 characters");
    }

    #[test]
    fn colors_are_for_terminals_only() {
        let drawn = |colored| samples::worst().to_text(TextOptions::new().colored(colored));
        assert!(drawn(true).contains("\x1b[32mcompleted\x1b[0m"));
        assert!(drawn(true).contains("\x1b[33mtimed out"));
        assert!(!drawn(false).contains('\x1b'));
    }

    #[test]
    fn control_characters_do_not_split_the_line_of_a_hook() {
        let mut report = samples::one();
        report.trigger = Trigger::Request { label: "a\nb".to_owned() };
        for hook in &mut report.hooks {
            (hook.name, hook.phase) = ("flush\norders".to_owned(), "st\rop".to_owned());
            (hook.file, hook.outcome) = ("a\nb.rs".to_owned(), Outcome::Failed("no\n\x1b[2Jspace".to_owned()));
            hook.activity = Some("waiting\n".to_owned());
        }
        report.phases = vec!["st\rop".to_owned()];
        let text = report.to_string();
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(!text.contains(['\x1b', '\r']), "{text}");
        assert!(text.contains(r"failed: no\n\u{1b}[2Jspace (a\nb.rs:42); waiting\n"), "{text}");
        assert!(
            text.contains(r"request: a\nb;") && text.contains(r"flush\norders") && text.contains(r"st\rop"),
            "{text}"
        );
    }

    #[test]
    fn tasks_that_a_hook_left_stand_after_its_outcome_with_the_location() {
        let text = |left_tasks| {
            let mut report = samples::one();
            report.hooks.iter_mut().for_each(|hook| hook.left_tasks = left_tasks);
            report.to_string()
        };
        assert!(text(0).ends_with("  completed\n"), "{}", text(0));
        assert!(text(1).ends_with("  completed, left 1 task unfinished (src/store.rs:42)\n"), "{}", text(1));
        assert!(text(3).ends_with("  completed, left 3 tasks unfinished (src/store.rs:42)\n"), "{}", text(3));
    }

    #[test]
    fn a_name_of_any_length_is_shown_and_does_not_move_other_lines() {
        let mut report = samples::healthy();
        let bar_at = |report: &Report| report.to_string().lines().last().and_then(|line| line.find('|'));
        assert_eq!(bar_at(&report), Some(35));
        let long = "x".repeat(70_000);
        if let Some(hook) = report.hooks.first_mut() {
            (hook.name, hook.phase) = (long.clone(), long.clone());
        }
        report.phases.insert(0, long.clone());
        assert_eq!(report.to_string().matches(&long).count(), 2);
        assert_eq!(bar_at(&report), Some(35 + 90 + 86));
    }

    #[test]
    fn a_bar_shows_where_in_the_whole_a_hook_ran() {
        let bar = |start, duration| {
            let [start, duration, whole] = [start, duration, 100].map(Duration::from_millis);
            Bar { start: Some(start), duration, whole, width: 10 }.to_string()
        };
        assert_eq!(bar(0, 50), "#####     ");
        assert_eq!(bar(100, 0), "         #");
        assert_eq!(bar(300, 900), "         #", "also a report that contradicts itself is drawn");
    }
}
