//! Makes reports for tests: one hook for each outcome, and a duration of one second.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use super::{HookReport, Outcome, Report};
use crate::hook::{Body, HookRecord, Phase};
use crate::trigger::Trigger;

/// Returns a hook of the phase `stop`.
pub(crate) const fn hook() -> HookRecord {
    HookRecord {
        name: Cow::Borrowed("flush_orders"),
        module: "app",
        file: "src/orders.rs",
        line: 42,
        package: "app",
        version: "1.0.0",
        phase: Phase::Stop,
        priority: 0,
        timeout: Duration::from_secs(5),
        timeout_is_default: false,
        after: &[],
        body: Body::Sync(|_| Ok(Ok(()))),
    }
}

pub(crate) fn report(outcomes: &[Outcome]) -> Report {
    let second = Duration::from_secs(1);
    let of = |outcome: &Outcome| HookReport::new(&hook(), outcome.clone(), Some(Duration::ZERO), second);
    Report {
        trigger: Trigger::MainReturned,
        process: None,
        hooks: outcomes.iter().map(of).collect(),
        in_flight: Vec::new(),
        cut_off: None,
        duration: second,
        budget: second * 8,
        deadline_exceeded: false,
        forced: None,
        program_exit: None,
        triggered_at: SystemTime::UNIX_EPOCH,
        draining: None,
        last_new_work: None,
        in_flight_samples: Vec::new(),
        later_triggers: Vec::new(),
        exit_code: 0,
    }
}
