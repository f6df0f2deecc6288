//! A report and its time axis in, the moments out that are marked across all rows: signals, requests, draining, deadline.

use std::time::Duration;

use super::escape::{cells, head};
use super::scale::{Extent, Nanos, Scale, nanos};
use crate::length::Length;
use crate::report::Report;
use crate::trigger::{SAME_REQUEST, Signal, Trigger};

/// Labels stand in so many lines, one above the other; what finds no place in them has only its line and its tooltip.
const MOST_LANES: usize = 3;
/// Marks that are closer than this, in pixels, and say the same are one.
const ONE: f64 = 5.0;
/// In pixels, of the labels' font.
const CELL: f64 = 6.7;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Trigger,
    Noted,
    Draining,
    Deadline,
}

impl Kind {
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Trigger => "trigger",
            Self::Noted => "noted",
            Self::Draining => "draining",
            Self::Deadline => "deadline",
        }
    }
}

/// One moment, or several of one kind that would be drawn over each other.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mark {
    pub(super) kind: Kind,
    pub(super) at: Nanos,
    pub(super) place: f64,
    pub(super) label: String,
    pub(super) title: String,
    pub(super) count: usize,
    /// From the bottom; `None` where there was no place for the label.
    pub(super) lane: Option<usize>,
    /// Whether the label stands left of its line.
    pub(super) before: bool,
}

impl Mark {
    fn new(kind: Kind, at: Duration, scale: &Scale, label: String, title: String) -> Self {
        let (at, place) = (nanos(at), scale.place(nanos(at)));
        Self { kind, at, place, label, title, count: 1, lane: None, before: false }
    }

    pub(super) fn text(&self) -> String {
        if self.count == 1 { self.label.clone() } else { format!("{} ×{}", self.label, self.count) }
    }
}

/// All marks in the order of time, each with a place for its label.
pub(super) fn marks(report: &Report, scale: &Scale, room: Extent) -> Vec<Mark> {
    let trigger = Mark::new(Kind::Trigger, Duration::ZERO, scale, name(&report.trigger), report.trigger.to_string());
    let mut marks = vec![trigger];
    marks.extend(report.draining.map(|at| {
        let title = format!("draining from +{} on: accept no more, finish what has begun", Length(at));
        Mark::new(Kind::Draining, at, scale, "draining".to_owned(), title)
    }));
    for noted in &report.noted {
        let title = format!("{} at +{}", noted.trigger, Length(noted.at));
        marks.push(Mark::new(Kind::Noted, noted.at, scale, meaning(report, &noted.trigger, noted.at), title));
    }
    if nanos(report.deadline) <= scale.end() {
        let title = format!("the deadline, {} after the trigger", Length(report.deadline));
        marks.push(Mark::new(Kind::Deadline, report.deadline, scale, "deadline".to_owned(), title));
    }
    marks.sort_by_key(|mark| mark.at);
    let mut marks = merged(marks);
    settle(&mut marks, room);
    marks
}

/// The trigger in a few words.
fn name(trigger: &Trigger) -> String {
    match trigger {
        Trigger::Signal { signal, .. } => signal.to_string(),
        Trigger::Request { label } => head(&format!("request: {label}"), 30),
        Trigger::MainReturned => "main returned".to_owned(),
        Trigger::MainFailed { .. } => "main failed".to_owned(),
        Trigger::MainPanicked { .. } => "main panicked".to_owned(),
    }
}

/// What came and what it did, as far as the report tells.
fn meaning(report: &Report, trigger: &Trigger, at: Duration) -> String {
    let Trigger::Signal { signal, .. } = trigger else { return name(trigger) };
    let did = if report.forced == Some(*signal) && at >= report.duration {
        ": the end"
    } else if *signal == Signal::SIGINT && at >= SAME_REQUEST {
        ": hurry"
    } else {
        ""
    };
    format!("{signal}{did}")
}

fn merged(marks: Vec<Mark>) -> Vec<Mark> {
    let mut merged: Vec<Mark> = Vec::new();
    for mark in marks {
        match merged.last_mut() {
            Some(last) if last.label == mark.label && mark.place - last.place < ONE => {
                last.count += 1;
                last.title = format!("{}\n{}", last.title, mark.title);
            }
            _ => merged.push(mark),
        }
    }
    merged
}

/// Gives each label the lowest lane in which it touches no other one, and no line of another: from right to left.
fn settle(marks: &mut [Mark], room: Extent) {
    let mut taken: Vec<(usize, f64, f64, f64)> = Vec::new();
    for mark in marks.iter_mut().rev() {
        let width = cells(&mark.text()) as f64 * CELL + 10.0;
        let sides = [(false, mark.place, mark.place + width), (true, mark.place - width, mark.place)];
        let fitting = sides.into_iter().filter(|(_, left, right)| *left >= room.left && *right <= room.right);
        let places = fitting.flat_map(|side| (0..MOST_LANES).map(move |lane| (lane, side)));
        let free = |lane: usize, left: f64, right: f64| {
            taken.iter().all(|(other, from, to, line)| {
                let is_crossed = *other >= lane && left < *line && *line < right;
                !is_crossed && (*other != lane || right <= *from || *to <= left)
            })
        };
        let place = places.into_iter().find(|(lane, (_, left, right))| free(*lane, *left, *right));
        if let Some((lane, (before, left, right))) = place {
            (mark.lane, mark.before) = (Some(lane), before);
            taken.push((lane, left, right, mark.place));
        }
    }
}
