//! Parses and applies the settings that change linked hooks, from the program and from the environment.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::duration_text::{self, HumanDuration};
use crate::hook::{HookRef, OverriddenHook};
use crate::plan::Hook;
use crate::plan::suggest::{crate_of, in_nearest_crate, suggestion};
use crate::sorted_map::SortedMap;

/// The environment variable that changes hooks: `orders::flush timeout=2s priority=5; metrics::push disabled`.
/// Settings of the program for the same hook take precedence. A blank value counts as not set.
///
/// A child inherits the variable of its parent. So an entry for a crate that has no hooks in this program is ignored, with
/// one warning at install. A name that a crate with hooks does not have is an error, and so is a name without a crate, which
/// is no hook of any program.
pub const HOOKS_ENV: &str = "ON_SHUTDOWN_HOOKS";

/// The changes of hooks, by full name.
#[derive(Clone, Debug, Default)]
// A sorted map, so that of several mistakes the same one is reported on every run.
pub(crate) struct Overrides(SortedMap<String, Override>);

/// The source of a change. A change from the program takes precedence over the same change from the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OverrideSource {
    /// The program, with [`Settings`](crate::Settings).
    Program,
    /// The variable `ON_SHUTDOWN_HOOKS`.
    Environment,
}

impl fmt::Display for OverrideSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Program => f.write_str("the program's settings"),
            Self::Environment => write!(f, "`{HOOKS_ENV}`"),
        }
    }
}

/// The changes of one hook, each with its source. Of two changes of one kind the later one counts.
#[derive(Clone, Debug, Default)]
struct Override(Vec<(Change, OverrideSource)>);

/// One change of a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Disabled,
    Timeout(Duration),
    Priority(i32),
}

impl Overrides {
    pub(crate) fn add(&mut self, name: &str, change: Change, source: OverrideSource) {
        self.0.change(name.to_owned(), Override::default(), |changes| changes.0.push((change, source)));
    }

    /// Parses the value of `ON_SHUTDOWN_HOOKS`, and adds the changes that the program does not make itself. Returns one
    /// sentence for each change without effect.
    ///
    /// An entry for a crate that none of the `known` names has is not an error: a child inherits the variable of its
    /// parent. A name without a crate is one, because it is no hook of any program.
    pub(crate) fn parse(&mut self, text: &str, known: &[String]) -> Result<Vec<String>, OverrideError> {
        let mut unused = Vec::new();
        for entry in text.split(';').map(str::trim).filter(|entry| !entry.is_empty()) {
            // A name contains no blank, and neither does a duration: `1m30s`.
            let mut words = entry.split_whitespace();
            let Some(name) = words.next() else { continue };
            // The words are not read: the other program may have another version of this crate.
            if let Some(foreign) = crate_of(name).filter(|own| known.iter().all(|name| crate_of(name) != Some(*own))) {
                unused.push(foreign_entry(entry, name, foreign, known));
                continue;
            }
            let changes: Vec<(&str, Change)> =
                words.map(|word| Ok((word, parse_change(name, word)?))).collect::<Result<_, _>>()?;
            // A name alone is a mistake: the user expects an effect.
            if changes.is_empty() {
                return Err(OverrideError::NoChange { name: name.to_owned() });
            }
            // First: what else is written for a disabled hook has no effect, wherever it stands.
            let (first, rest): (Vec<_>, Vec<_>) =
                changes.into_iter().partition(|(_, change)| *change == Change::Disabled);
            for (word, change) in first.into_iter().chain(rest) {
                match self.0.get(&name.to_owned()).and_then(|earlier| earlier.reason_against(change)) {
                    Some(reason) => unused.push(format!(
                        "`{HOOKS_ENV}`: `{word}` of `{name}` has no effect: {reason}; remove one of the two"
                    )),
                    None => self.add(name, change, OverrideSource::Environment),
                }
            }
        }
        if !text.trim().is_empty() && text.split(';').all(|entry| entry.trim().is_empty()) {
            unused.push(format!("`{HOOKS_ENV}={text}` has no effect: it names no hook"));
        }
        Ok(unused)
    }

    /// Returns the hooks with their changes, and the disabled hooks.
    pub(crate) fn apply(&self, hooks: Vec<HookRef>) -> Result<(Vec<HookRef>, Vec<DisabledHook>), OverrideError> {
        if self.0.is_empty() {
            return Ok((hooks, Vec::new()));
        }
        // Check first: a misspelled name must not leave its hook unchanged without an error.
        self.check(&hooks)?;
        let (mut kept, mut disabled) = (Vec::with_capacity(hooks.len()), Vec::new());
        for hook in hooks {
            match self.0.get(&hook.full_name()) {
                None => kept.push(hook),
                Some(changes) => match changes.source_of(Change::Disabled) {
                    Some(source) => disabled.push(DisabledHook { hook: Hook(hook), source }),
                    None => kept.push(changes.apply(hook)),
                },
            }
        }
        Ok((kept, disabled))
    }

    /// Checks that every name is that of a linked hook, and that no timeout is zero.
    fn check(&self, hooks: &[HookRef]) -> Result<(), OverrideError> {
        let known: Vec<String> = hooks.iter().map(|hook| hook.full_name()).collect();
        for (name, changes) in self.0.iter() {
            if let (false, Some((_, source))) = (known.contains(name), changes.0.last()) {
                let (name, source) = (name.clone(), *source);
                return Err(OverrideError::Unknown { write: suggestion(&name, &known), name, source });
            }
            if let Some(source) = changes.source_of(Change::Timeout(Duration::ZERO)) {
                return Err(OverrideError::ZeroTimeout { name: name.clone(), source });
            }
        }
        Ok(())
    }
}

impl Override {
    /// Returns the source of this change, or the last source if several made it.
    fn source_of(&self, wanted: Change) -> Option<OverrideSource> {
        // From the end, because later changes override earlier ones.
        self.0.iter().rev().find(|(change, _)| *change == wanted).map(|(_, source)| *source)
    }

    /// Returns why this change from the environment has no effect after the earlier ones.
    fn reason_against(&self, change: Change) -> Option<String> {
        if let (false, Some(source)) = (change == Change::Disabled, self.source_of(Change::Disabled)) {
            return Some(format!("the hook is disabled by {source}"));
        }
        let is_same_kind = |earlier: &Change| std::mem::discriminant(earlier) == std::mem::discriminant(&change);
        let (earlier, source) = self.0.iter().rev().find(|(earlier, _)| is_same_kind(earlier))?;
        let value = match earlier {
            same if *same == change => return None,
            Change::Timeout(timeout) => HumanDuration(*timeout).to_string(),
            Change::Priority(priority) => priority.to_string(),
            Change::Disabled => return None,
        };
        let who = match source {
            OverrideSource::Program => "the program",
            OverrideSource::Environment => "the variable",
        };
        Some(format!("{who} sets {value}"))
    }

    /// Returns the hook with the last timeout and the last priority.
    fn apply(&self, hook: HookRef) -> HookRef {
        let (mut timeout, mut priority) = (None, hook.priority);
        for (change, _) in &self.0 {
            match change {
                Change::Timeout(value) => timeout = Some(*value),
                Change::Priority(value) => priority = *value,
                Change::Disabled => {}
            }
        }
        let HookRef::Linked(linked) = hook else {
            debug_assert!(false, "only linked hooks have changes: {hook:?}");
            return hook;
        };
        match OverriddenHook::new(linked, timeout, priority) {
            Some(overridden) => HookRef::Overridden(Arc::new(overridden)),
            None => {
                debug_assert!(false, "a linked hook is not a closure: {linked:?}");
                hook
            }
        }
    }
}

/// Returns the sentence for an entry whose crate has no hook in this program.
fn foreign_entry(entry: &str, name: &str, foreign: &str, known: &[String]) -> String {
    let otherwise = match in_nearest_crate(name, foreign, known) {
        Some(meant) => format!("write `{meant}`"),
        None => format!("link the crate with `use {foreign} as _;`, or name a hook that `ON_SHUTDOWN=plan` lists"),
    };
    format!(
        "`{HOOKS_ENV}`: `{entry}` has no effect: this program has no hooks of a crate `{foreign}`; \
         if the entry is not for another program, {otherwise}"
    )
}

fn parse_change(name: &str, word: &str) -> Result<Change, OverrideError> {
    let unreadable = |write: String| OverrideError::Unreadable { name: name.to_owned(), word: word.to_owned(), write };
    match word.split_once('=') {
        None if word == "disabled" => Ok(Change::Disabled),
        Some(("timeout", value)) => duration_text::parse(value).map(Change::Timeout).map_err(unreadable),
        Some(("priority", value)) => value
            .parse()
            .map(Change::Priority)
            .map_err(|_| unreadable("a priority is a whole number; write for example `priority=10`".to_owned())),
        _ => Err(unreadable("write `disabled`, `timeout=2s` or `priority=10`".to_owned())),
    }
}

/// A hook that does not run, and the source of this setting.
#[derive(Clone, Debug)]
pub(crate) struct DisabledHook {
    pub(crate) hook: Hook,
    pub(crate) source: OverrideSource,
}

/// The error for a change of a hook that cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OverrideError {
    /// No linked hook has this name.
    Unknown {
        /// The name.
        name: String,
        /// Where the name was written.
        source: OverrideSource,
        /// What to write instead.
        write: String,
    },
    /// The timeout is zero.
    ZeroTimeout {
        /// The hook's name.
        name: String,
        /// Where the timeout was set.
        source: OverrideSource,
    },
    /// A word in `ON_SHUTDOWN_HOOKS` is not a valid change.
    Unreadable {
        /// The hook's name.
        name: String,
        /// The word.
        word: String,
        /// What to write instead.
        write: String,
    },
    /// `ON_SHUTDOWN_HOOKS` names a hook without a change.
    NoChange {
        /// The hook's name.
        name: String,
    },
}

impl fmt::Display for OverrideError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, source, write } => {
                write!(f, "{source}: there is no hook `{name}`; {write} (`ON_SHUTDOWN=plan` lists all)")
            }
            Self::ZeroTimeout { name, source } => {
                write!(f, "{source}: the timeout of `{name}` is zero; write a longer timeout, or disable the hook")
            }
            Self::Unreadable { name, word, write } => {
                write!(f, "`{HOOKS_ENV}`: `{word}` is not a valid setting of `{name}`: {write}")
            }
            Self::NoChange { name } => write!(
                f,
                "`{HOOKS_ENV}`: `{name}` has no setting; \
                 write `{name} disabled`, `{name} timeout=2s` or `{name} priority=10`, and `;` between two hooks"
            ),
        }
    }
}

impl std::error::Error for OverrideError {}
