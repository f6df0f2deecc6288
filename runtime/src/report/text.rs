//! Draws a report as text: one line per hook, as wide as the terminal.
//!
//! Control characters in names, errors and labels are escaped, because a line break would split the line of a hook.
//!
//! `report/src/text.rs` draws the same lines for reports that it reads from JSON, and must not depend on this crate. The
//! test `tests/report/tests/report/reader.rs` compares the two: change both together.

use std::fmt;
use std::time::Duration;

use super::wall_clock::utc;
use super::{CutOff, HookReport, LaterTrigger, OneLine, Outcome, Report, trigger_line};
use crate::duration_text::HumanDuration;
use crate::hook::Phase;

/// The width of the text, and whether it has colors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TextOptions {
    /// In characters. A line is longer if its text does not fit into the width.
    pub(crate) width: usize,
    pub(crate) colored: bool,
}

impl TextOptions {
    /// The options for a file, a pipe or a log.
    pub(crate) const PLAIN: Self = Self { width: 100, colored: false };
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Timeline { report: self, text_options: TextOptions::PLAIN }.fmt(f)
    }
}

/// The report as text.
pub(crate) struct Timeline<'a> {
    report: &'a Report,
    text_options: TextOptions,
}

impl Report {
    pub(crate) fn on(&self, text_options: TextOptions) -> Timeline<'_> {
        Timeline { report: self, text_options }
    }
}

/// Maximum width of a column of names. A longer name moves the rest of its own line and no other line. A formatter panics
/// if it has to pad to more than 65535 characters.
const MAX_NAME_WIDTH: usize = 100;

/// The widths of the columns.
struct Columns {
    priority: usize,
    name: usize,
    bar: usize,
}

impl Timeline<'_> {
    fn columns(&self) -> Columns {
        let hooks = &self.report.hooks;
        let width = |hook: &HookReport| OneLine(&hook.name).to_string().chars().count();
        let name = hooks.iter().map(width).max().unwrap_or(0).clamp(Self::IN_FLIGHT.len(), MAX_NAME_WIDTH);
        let priority = hooks.iter().map(|hook| hook.priority.to_string().len()).max().unwrap_or(0).max(4);
        // The rest of the line: phase and margins 15, both times 19, `completed` 11, the edges of the bar 6.
        let bar = self.text_options.width.saturating_sub(priority + name + 51).clamp(Bar::MIN_WIDTH, Bar::MAX_WIDTH);
        Columns { priority, name, bar }
    }

    const IN_FLIGHT: &'static str = "(in flight)";

    fn write_hook(
        &self,
        f: &mut fmt::Formatter<'_>,
        heading: &str,
        columns: &Columns,
        hook: &HookReport,
    ) -> fmt::Result {
        let Columns { priority, name, bar } = *columns;
        let bar = Bar { start: hook.start, duration: hook.duration, whole: self.report.duration, width: bar };
        let (color, end) = self.color(&hook.outcome);
        let label = OneLine(&hook.name).to_string();
        write!(f, "  {heading:10} {:>priority$}  {label:name$}  |{color}{bar}{end}|  ", hook.priority)?;
        let start = hook.start.map_or(String::new(), |start| format!("+{}", HumanDuration(start)));
        write!(f, "{start:>9}  {:>8}  {color}{}{end}", HumanDuration(hook.duration), OneLine(&hook.outcome))?;
        match hook.left_tasks {
            0 => {}
            1 => f.write_str(", left 1 task unfinished")?,
            more => write!(f, ", left {more} tasks unfinished")?,
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
    fn write_in_flight(&self, f: &mut fmt::Formatter<'_>, columns: &Columns) -> fmt::Result {
        let samples = &self.report.in_flight_samples;
        let Some((start, most)) = self.report.draining.zip(samples.iter().map(|sample| sample.count).max()) else {
            return Ok(());
        };
        if most == 0 {
            return Ok(());
        }
        let end = samples.last().filter(|last| last.count == 0).map_or(self.report.duration, |last| last.at);
        let (duration, whole) = (end.saturating_sub(start), self.report.duration);
        let bar = Bar { start: Some(start), duration, whole, width: columns.bar };
        let (priority, name) = (columns.priority, columns.name);
        let (from, took) = (format!("+{}", HumanDuration(start)), HumanDuration(duration));
        let most = format!("at most {most}");
        writeln!(f, "  {:10} {:>priority$}  {:name$}  |{bar}|  {from:>9}  {took:>8}  {most}", "", "", Self::IN_FLIGHT)
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
        if !self.text_options.colored {
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
        let Report { hooks, in_flight, cut_off, later_triggers, .. } = self.report;
        writeln!(f, "shutdown report: {}", OneLine(self.report.headline()))?;
        let columns = self.columns();
        let (before, later) = hooks.split_at(hooks.partition_point(|hook| hook.phase <= Phase::Drain));
        let mut phase = None;
        for (part, hooks) in [before, later].into_iter().enumerate() {
            for hook in hooks {
                let heading = if phase.replace(hook.phase) == Some(hook.phase) { "" } else { hook.phase.name() };
                self.write_hook(f, heading, &columns, hook)?;
            }
            if part == 0 {
                self.write_in_flight(f, &columns)?;
            }
        }
        write_last_new_work(f, self.report)?;
        in_flight.iter().try_for_each(|work| writeln!(f, "  cut off  {}", OneLine(work)))?;
        cut_off.iter().try_for_each(|cut_off| write_cut_off(f, cut_off))?;
        for LaterTrigger { at, trigger } in later_triggers {
            writeln!(f, "  +{} {}", HumanDuration(*at), OneLine(trigger_line(trigger)))?;
        }
        self.write_errors(f)?;
        write_process(f, self.report)
    }
}

/// Writes which process it was, and when, by the system clock.
fn write_process(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    let Report { process: Some(process), triggered_at, duration, .. } = report else { return Ok(()) };
    write!(f, "  {process}")?;
    let times = utc(*triggered_at).zip(triggered_at.checked_add(*duration).and_then(utc));
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
    cut_off.connections.iter().try_for_each(|connection| writeln!(f, "  open     {connection}"))?;
    match cut_off.more_connections {
        0 => Ok(()),
        more => writeln!(f, "  open     {more} more"),
    }
}

/// The time of a hook as a part of the whole shutdown, drawn with `#`.
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
        // 2^94 nanoseconds at most, times 60: it fits. A column that does not fit is beyond the end.
        let column = at.as_nanos().saturating_mul(self.width as u128) / self.whole.as_nanos().max(1);
        usize::try_from(column).map_or(self.width, |column| column.min(self.width))
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = match self.start {
            None => (self.width, self.width),
            // A hook that ran has at least one mark, also at the very end.
            Some(start) => {
                let from = self.column(start).min(self.width.saturating_sub(1));
                (from, self.column(start.saturating_add(self.duration)).max(from + 1))
            }
        };
        let (marks, rest) = (to.saturating_sub(from), self.width.saturating_sub(to));
        write!(f, "{:from$}{:#<marks$}{:rest$}", "", "", "")
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::trigger::Trigger;

    fn report(outcome: Outcome) -> Report {
        sample::report(&[outcome])
    }

    #[test]
    fn spec_3_24_control_characters_do_not_split_the_line_of_a_hook() {
        let report = || report(Outcome::Failed("first\nsecond \x1b[2Jgone".into()));
        let mut odd = report();
        odd.trigger = Trigger::Request { label: "a\nb".to_owned() };
        odd.hooks.iter_mut().for_each(|hook| hook.name = "flush\norders".to_owned());
        odd.later_triggers =
            vec![LaterTrigger { at: Duration::ZERO, trigger: Trigger::Request { label: "c\rd".to_owned() } }];
        let text = odd.to_string();
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(!text.contains(['\x1b', '\r']), "{text}");
        assert!(text.contains(r"failed: first\nsecond \u{1b}[2Jgone (src/orders.rs:42)"), "{text}");
        assert!(text.contains(r"request: a\nb;") && text.contains(r"request: c\rd"), "{text}");
        let bar = |text: &str| text.lines().nth(1).and_then(|line| line.find('|'));
        let other = {
            let mut other = report();
            other.hooks.iter_mut().for_each(|hook| hook.name = "flush__orders".to_owned());
            other.to_string()
        };
        assert_eq!(bar(&text), bar(&other), "the columns fit\n{text}{other}");
    }

    #[test]
    fn a_name_of_any_length_is_shown() {
        let mut report = report(Outcome::Completed);
        let long = "x".repeat(70_000);
        report.hooks.iter_mut().for_each(|hook| hook.name = long.clone());
        assert_eq!(report.to_string().matches(&long).count(), 1);
    }

    #[test]
    fn a_bar_shows_durations_of_any_size() {
        let endless = |start| Bar { start, duration: Duration::MAX, whole: Duration::from_secs(1), width: 12 };
        assert_eq!(endless(Some(Duration::MAX)).to_string(), "           #");
        assert_eq!(endless(Some(Duration::ZERO)).to_string(), "############");
        assert_eq!(endless(None).to_string(), "            ");
        let nothing = Bar { start: Some(Duration::ZERO), duration: Duration::ZERO, whole: Duration::ZERO, width: 12 };
        assert_eq!(nothing.to_string(), "#           ");
    }

    #[test]
    fn spec_3_24_the_text_is_as_wide_as_the_terminal() {
        let marks = |width| {
            let text = report(Outcome::Completed).on(TextOptions { width, colored: false }).to_string();
            text.lines().nth(1).map(|line| (line.matches('#').count(), line.chars().count() <= width))
        };
        assert_eq!(marks(80), Some((13, true)));
        assert_eq!(marks(120), Some((53, true)));
        // The bar is never narrower than 12 characters.
        assert_eq!(marks(20), Some((12, false)));
    }

    #[test]
    fn spec_3_24_colors_are_for_terminals_only() {
        let drawn = |outcome, colored| report(outcome).on(TextOptions { width: 100, colored }).to_string();
        assert!(drawn(Outcome::Completed, true).contains("\x1b[32mcompleted\x1b[0m"));
        assert!(drawn(Outcome::TimedOut { abandoned: true }, true).contains("\x1b[33mtimed out"));
        assert!(!drawn(Outcome::Failed("no".into()), false).contains('\x1b'));
    }

    #[test]
    fn spec_3_29_new_work_in_the_last_fifth_of_the_drain_delay_means_that_the_delay_is_too_short() {
        let hint = |millis| {
            let last_new_work = Some(Duration::from_millis(millis));
            let draining = Some(Duration::from_secs(1));
            Report { last_new_work, draining, ..report(Outcome::Completed) }.to_string().contains("set a longer")
        };
        assert!(!hint(799));
        assert!(hint(800));
        assert!(hint(1000));
    }
}
