//! Compares the JSON line of each event with its `tracing` event: the level, the fields and their values.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Metadata, Subscriber};

use super::{Event, HookLabel, json_line, tracing as emitter};
use crate::drain::WorkInFlight;
use crate::hook::Phase;
use crate::report::{Outcome, Report, SkipReason, sample};
use crate::trigger::{Signal, Trigger};

type Fields = BTreeMap<String, Value>;

/// Keeps the level and the fields of each event.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<(String, Fields)>>>);

struct Visitor(Fields);

impl Visit for Visitor {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}").into());
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.into());
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), value.into());
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Subscriber for Collector {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        let mut visitor = Visitor(Fields::new());
        event.record(&mut visitor);
        let level = event.metadata().level().to_string();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((level, visitor.0));
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Returns the level and the fields of the one event that the subscriber gets.
fn traced(event: &Event) -> (String, Fields) {
    let collector = Collector::default();
    assert!(tracing::subscriber::with_default(collector.clone(), || emitter::emit(event)));
    let found = std::mem::take(&mut *collector.0.lock().unwrap_or_else(PoisonError::into_inner));
    let [found] = <[_; 1]>::try_from(found).unwrap_or_else(|found| panic!("one event of {event:?}: {found:?}"));
    found
}

/// Returns the level and the fields of the line, apart from those that only a line has.
fn line(event: &Event, line: &str) -> (String, Fields) {
    let mut fields: Fields = serde_json::from_str(line).unwrap_or_else(|error| panic!("{event:?}: {error}"));
    let level = fields.remove("level").and_then(|level| level.as_str().map(str::to_owned)).unwrap_or_default();
    for key in ["time", "target", "event", "report"] {
        fields.remove(key);
    }
    // `tracing` leaves out a field without a value.
    fields.retain(|_, value| !value.is_null());
    (level, fields)
}

fn events() -> Vec<Event> {
    let hook = || HookLabel {
        name: "flush".to_owned(),
        full_name: "orders::flush".to_owned(),
        file: "orders.rs",
        line: 42,
        phase: Phase::Flush,
    };
    let work = || WorkInFlight {
        name: "http".into(),
        count: 2,
        oldest: Duration::from_secs(3),
        file: "web.rs".into(),
        line: 7,
    };
    let report = |outcomes: &[Outcome], exit_code| Arc::new(Report { exit_code, ..sample::report(outcomes) });
    let ended = |outcome| {
        let hooks = sample::report(&[outcome]).hooks;
        hooks.into_iter().map(|hook| Event::HookEnded(Box::new(hook))).collect::<Vec<_>>()
    };
    let second = Duration::from_secs(1);
    let trigger = || Trigger::Request { label: "deploy\nnow".into() };
    let mut events = vec![
        Event::Installed("1 hook, on SIGTERM".to_owned()),
        Event::Warning("this may be wrong".to_owned()),
        Event::Problem("the file is full".to_owned()),
        Event::Began { trigger: trigger(), hooks: 3, within: second },
        Event::ScopeBegan { scope: "admin", trigger: trigger(), hooks: 3, within: second },
        Event::HookTimedOut { hook: hook(), after: second, activity: Some("awaiting\tit".to_owned()) },
        Event::HookTimedOut { hook: hook(), after: second, activity: None },
        Event::StillRunning { hook: hook(), elapsed: second, remaining: second * 2, activity: None },
        Event::StillInFlight(work()),
        Event::WorkCutOff(work()),
        Event::LaterTrigger(trigger()),
        Event::FastShutdown(Signal::SIGINT),
        Event::ScopeEnded { scope: "admin", report: report(&[Outcome::Completed], 0) },
        Event::ScopeEnded { scope: "admin", report: report(&[Outcome::Panicked("m".into())], 70) },
    ];
    events.extend(ended(Outcome::Panicked("out of\npaper".into())));
    events.extend(ended(Outcome::Skipped(SkipReason::NoTimeLeft)));
    events
}

#[test]
fn a_json_line_has_the_level_and_the_fields_of_the_tracing_event() {
    for event in events() {
        let text = json_line::event(&event, false).unwrap_or_else(|| panic!("no line of {event:?}"));
        assert_eq!(line(&event, &text), traced(&event), "{event:?}");
    }
    for exit_code in [0, 124] {
        let report = Report { exit_code, ..sample::report(&[Outcome::Completed]) };
        let event = Event::Ended(Arc::new(report.clone()));
        assert_eq!(line(&event, &json_line::report(&report)), traced(&event), "{event:?}");
    }
}

#[test]
fn a_completed_hook_is_an_event_and_no_line() {
    let hook = sample::report(&[Outcome::Completed]).hooks.remove(0);
    let event = Event::HookEnded(Box::new(hook));
    assert_eq!(json_line::event(&event, false), None);
    assert_eq!((traced(&event).0, &traced(&event).1["outcome"]), ("DEBUG".to_owned(), &json!("completed")));
}
