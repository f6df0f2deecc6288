//! A report in, the timeline that fits the terminal out.
//!
//! `report/src/text.rs` draws the same lines for reports that it reads from JSON, and must not depend on this crate. The
//! test `tests/report/tests/report/reader.rs` compares the two: change both together.

use std::fmt;
use std::time::Duration;

use super::{HookReport, Noted, Outcome, Report};
use crate::hook::Phase;
use crate::length::Length;

/// What a timeline is drawn on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Canvas {
    /// In characters; lines may be longer where there is more to say than fits.
    pub(crate) width: usize,
    pub(crate) colored: bool,
}

impl Canvas {
    /// A file, a pipe, a log.
    pub(crate) const PLAIN: Self = Self { width: 100, colored: false };
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Timeline { report: self, canvas: Canvas::PLAIN }.fmt(f)
    }
}

/// The report as text.
pub(crate) struct Timeline<'a> {
    report: &'a Report,
    canvas: Canvas,
}

impl Report {
    pub(crate) fn on(&self, canvas: Canvas) -> Timeline<'_> {
        Timeline { report: self, canvas }
    }
}

/// The widths of the columns.
struct Columns {
    priority: usize,
    name: usize,
    bar: usize,
}

impl Timeline<'_> {
    fn columns(&self) -> Columns {
        let hooks = &self.report.hooks;
        let name = hooks.iter().map(|hook| hook.name.chars().count()).max().unwrap_or(0).max(Self::IN_FLIGHT.len());
        let priority = hooks.iter().map(|hook| hook.priority.to_string().len()).max().unwrap_or(0).max(4);
        // Beside the bar: phase and margins 13, both times 19, `completed` 11, the edges of the bar 6.
        let bar = self.canvas.width.saturating_sub(priority + name + 49).clamp(12, Bar::WIDEST);
        Columns { priority, name, bar }
    }

    const IN_FLIGHT: &'static str = "(in flight)";

    fn row(&self, f: &mut fmt::Formatter<'_>, heading: &str, columns: &Columns, hook: &HookReport) -> fmt::Result {
        let Columns { priority, name, bar } = *columns;
        let bar = Bar { start: hook.start, duration: hook.duration, whole: self.report.duration, width: bar };
        let (color, end) = self.color(&hook.outcome);
        write!(f, "  {heading:8} {:>priority$}  {:name$}  |{color}{bar}{end}|  ", hook.priority, hook.name)?;
        let start = hook.start.map_or(String::new(), |start| format!("+{}", Length(start)));
        write!(f, "{start:>9}  {:>8}  {color}{}{end}", Length(hook.duration), hook.outcome)?;
        if hook.outcome != Outcome::Completed {
            write!(f, " ({}:{})", hook.file, hook.line)?;
        }
        if let Some(doing) = &hook.doing {
            write!(f, "; {doing}")?;
        }
        writeln!(f)
    }

    /// From the beginning of draining until nothing was in flight, or was waited for any longer.
    fn in_flight(&self, f: &mut fmt::Formatter<'_>, columns: &Columns) -> fmt::Result {
        let seen = &self.report.in_flight_seen;
        let Some((start, most)) = self.report.draining.zip(seen.iter().map(|seen| seen.count).max()) else {
            return Ok(());
        };
        if most == 0 {
            return Ok(());
        }
        let end = seen.last().filter(|seen| seen.count == 0).map_or(self.report.duration, |seen| seen.at);
        let (duration, whole) = (end.saturating_sub(start), self.report.duration);
        let bar = Bar { start: Some(start), duration, whole, width: columns.bar };
        let (priority, name) = (columns.priority, columns.name);
        let (from, took) = (format!("+{}", Length(start)), Length(duration));
        let most = format!("at most {most}");
        writeln!(f, "  {:8} {:>priority$}  {:name$}  |{bar}|  {from:>9}  {took:>8}  {most}", "", "", Self::IN_FLIGHT)
    }

    fn color(&self, outcome: &Outcome) -> (&'static str, &'static str) {
        if !self.canvas.colored {
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
        let Report { hooks, in_flight, noted, .. } = self.report;
        writeln!(f, "shutdown report: {}", self.report.headline())?;
        let columns = self.columns();
        let (before, later) = hooks.split_at(hooks.partition_point(|hook| hook.phase <= Phase::Drain));
        let mut phase = None;
        for (part, hooks) in [before, later].into_iter().enumerate() {
            for hook in hooks {
                let heading = if phase.replace(hook.phase) == Some(hook.phase) { "" } else { hook.phase.name() };
                self.row(f, heading, &columns, hook)?;
            }
            if part == 0 {
                self.in_flight(f, &columns)?;
            }
        }
        in_flight.iter().try_for_each(|work| writeln!(f, "  cut off  {work}"))?;
        noted.iter().try_for_each(|Noted { at, trigger }| writeln!(f, "  +{} {trigger}", Length(*at)))
    }
}

/// The hook's share of the whole, as a bar.
struct Bar {
    start: Option<Duration>,
    duration: Duration,
    whole: Duration,
    width: usize,
}

impl Bar {
    const WIDEST: usize = 60;
    const MARKS: &'static str = "############################################################";
    const GAPS: &'static str = "                                                            ";

    fn column(&self, at: Duration) -> usize {
        let column = at.as_nanos() * self.width as u128 / self.whole.as_nanos().max(1);
        usize::try_from(column).unwrap_or(self.width).min(self.width)
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = match self.start {
            None => (self.width, self.width),
            // What ran is seen: at least one mark, even at the very end.
            Some(start) => {
                let from = self.column(start).min(self.width - 1);
                (from, self.column(start + self.duration).max(from + 1))
            }
        };
        let part = |marks: &'static str, width: usize| marks.get(..width).unwrap_or(marks);
        f.write_str(part(Self::GAPS, from))?;
        f.write_str(part(Self::MARKS, to - from))?;
        f.write_str(part(Self::GAPS, self.width - to))
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn report(outcome: Outcome) -> Report {
        sample::report(&[outcome])
    }

    #[test]
    fn the_widest_bar_can_be_drawn() {
        assert_eq!([Bar::MARKS.len(), Bar::GAPS.len()], [Bar::WIDEST; 2]);
    }

    #[test]
    fn spec_3_24_the_timeline_is_as_wide_as_the_terminal() {
        let marks = |width| {
            let text = report(Outcome::Completed).on(Canvas { width, colored: false }).to_string();
            text.lines().nth(1).map(|line| (line.matches('#').count(), line.chars().count() <= width))
        };
        assert_eq!(marks(80), Some((15, true)));
        assert_eq!(marks(120), Some((55, true)));
        // A bar that says nothing is none.
        assert_eq!(marks(20), Some((12, false)));
    }

    #[test]
    fn spec_3_24_colors_are_for_terminals_only() {
        let drawn = |outcome, colored| report(outcome).on(Canvas { width: 100, colored }).to_string();
        assert!(drawn(Outcome::Completed, true).contains("\x1b[32mcompleted\x1b[0m"));
        assert!(drawn(Outcome::TimedOut { abandoned: true }, true).contains("\x1b[33mtimed out"));
        assert!(!drawn(Outcome::Failed("no".to_owned()), false).contains('\x1b'));
    }
}
