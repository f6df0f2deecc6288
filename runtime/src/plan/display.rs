//! Formats a plan as text, one line for each hook.

use std::fmt;
use std::time::Duration;

use super::Plan;
use crate::duration_text::HumanDuration;
use crate::hook::{HookRef, Phase};
use crate::plan::drain_delay::DrainDelay;
use crate::plan::kept_time;
use crate::plan::overrides::DisabledHook;
use crate::plan::timing;

/// Maximum width of a column of names. A longer name moves the rest of its own line and no other line. A formatter panics
/// if it has to pad to more than 65535 characters.
const MAX_NAME_WIDTH: usize = 100;

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.hooks().count();
        writeln!(f, "shutdown plan: {count} {}, {}", if count == 1 { "hook" } else { "hooks" }, self.budget)?;
        let width = self.hooks().map(|hook| hook.full_name().chars().count()).max().unwrap_or(0).min(MAX_NAME_WIDTH);
        // At least 5 characters, so that plans with usual priorities have the same columns.
        let digits = self.hooks().map(|hook| hook.priority().to_string().len()).max().unwrap_or(0).max(5);
        // The phase is printed once, above its first hook. `drain` is printed without hooks, too: it waits for work.
        let (mut phase, mut has_drain) = (None, false);
        for (hook, limit) in timing::worst_case(self).limits {
            if hook.phase > Phase::Drain && !has_drain {
                has_drain = true;
                self.write_phase(f, Phase::Drain)?;
            }
            if phase.replace(hook.phase) != Some(hook.phase) {
                has_drain |= hook.phase == Phase::Drain;
                self.write_phase(f, hook.phase)?;
            }
            let (name, timeout) = (hook.full_name(), HumanDuration(hook.timeout).to_string());
            write!(f, "  {:>digits$}  {name:width$}  within {timeout:<8}  {}:{}", hook.priority, hook.file, hook.line)?;
            // A build without cargo has no version.
            match (hook.module, hook.package, hook.version) {
                ("", _, _) => write!(f, "  registered at run time")?,
                (_, package, "") => write!(f, "  {package}")?,
                (_, package, version) => write!(f, "  {package} {version}")?,
            }
            writeln!(f, "{}", remarks(&hook, limit))?;
        }
        if !has_drain {
            self.write_phase(f, Phase::Drain)?;
        }
        self.disabled.iter().try_for_each(|DisabledHook { hook, source }| {
            writeln!(f, "disabled by {source}: {} ({}:{})", hook.full_name(), hook.file(), hook.line())
        })
    }
}

impl Plan {
    /// Writes the line above the hooks of a phase: its name, and for how long it lasts at least or at most.
    fn write_phase(&self, f: &mut fmt::Formatter<'_>, phase: Phase) -> fmt::Result {
        let DrainDelay { length: delay, source } = self.drain_delay;
        match phase {
            Phase::Deregister if !delay.is_zero() => {
                let delay = HumanDuration(delay);
                writeln!(f, "{phase} (the program still serves for the drain delay of {delay}, {source})")
            }
            Phase::Drain => writeln!(f, "{phase} ({})", self.work_limit()),
            _ => writeln!(f, "{phase}"),
        }
    }

    /// Returns until when work in flight is waited for, and which hooks the rest is kept for.
    fn work_limit(&self) -> String {
        let least = match self.min_drain_time {
            Duration::ZERO => String::new(),
            least => format!(", and for {} at least", HumanDuration(least)),
        };
        let limit = self.drain_limit();
        // Which of the two limits counts.
        let reason = match (self.max_drain_time, &*kept_time::list(&self.kept_time(None))) {
            (Some(most), _) if limit == self.drain_delay().saturating_add(most) => ", by `max_drain_time`".to_owned(),
            (_, "") => String::new(),
            (_, hooks) => format!("; the rest is kept for {hooks}"),
        };
        format!("work in flight is waited for until {}{least}{reason}", HumanDuration(limit))
    }
}

/// Returns what settings have changed in the hook, and the time of a hook without a timeout if time is short.
fn remarks(hook: &HookRef, limit: Duration) -> String {
    let worst = (hook.timeout_is_default && limit < hook.timeout)
        .then(|| format!("no timeout set: {} in the worst case", HumanDuration(limit)));
    let declared = hook.declared();
    let timeout =
        (declared.timeout != hook.timeout).then(|| format!("timeout was {}", HumanDuration(declared.timeout)));
    let priority = (declared.priority != hook.priority).then(|| format!("priority was {}", declared.priority));
    let changes: Vec<String> = [worst, timeout, priority].into_iter().flatten().collect();
    if changes.is_empty() { String::new() } else { format!("  ({})", changes.join(", ")) }
}
