//! Changes of linked hooks by their full names: the program's and the environment's. Applies them at install.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::duration_text;
use crate::hook::{HookRef, OverriddenHook};
use crate::plan::suggest::correction;

/// The environment variable that changes hooks: `orders::flush timeout=2s priority=5; metrics::push disabled`.
/// A blank value counts as not set.
pub const HOOKS_ENV: &str = "ON_SHUTDOWN_HOOKS";

/// Changes of hooks, by full name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overrides(BTreeMap<String, Override>);

/// Who asked for a change; the environment goes before the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverrideSource {
    /// [`Settings`](crate::Settings).
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

/// The changes of one hook, in the order in which they count; each knows who asked for it.
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
        self.0.entry(name.to_owned()).or_default().0.push((change, source));
    }

    /// Adds what the variable asks for; its word is the last one.
    pub(crate) fn read(&mut self, text: &str) -> Result<(), OverrideError> {
        for entry in text.split(';').map(str::trim).filter(|entry| !entry.is_empty()) {
            let mut words = entry.split_whitespace();
            let Some(name) = words.next() else { continue };
            let changes: Vec<Change> = words.map(|word| change(name, word)).collect::<Result<_, _>>()?;
            if changes.is_empty() {
                return Err(OverrideError::NothingAsked { name: name.to_owned() });
            }
            changes.into_iter().for_each(|change| self.add(name, change, OverrideSource::Environment));
        }
        Ok(())
    }

    /// The hooks as they will run, and those that will not.
    pub(crate) fn apply(&self, hooks: Vec<HookRef>) -> Result<(Vec<HookRef>, Vec<Disabled>), OverrideError> {
        if self.0.is_empty() {
            return Ok((hooks, Vec::new()));
        }
        self.check(&hooks)?;
        let (mut kept, mut disabled) = (Vec::with_capacity(hooks.len()), Vec::new());
        for hook in hooks {
            match self.0.get(&hook.full_name()) {
                None => kept.push(hook),
                Some(change) => match change.source_of(Change::Disabled) {
                    Some(source) => disabled.push(Disabled { hook, source }),
                    None => kept.push(change.tune(hook)),
                },
            }
        }
        Ok((kept, disabled))
    }

    fn check(&self, hooks: &[HookRef]) -> Result<(), OverrideError> {
        let known: Vec<String> = hooks.iter().map(|hook| hook.full_name()).collect();
        for (name, change) in &self.0 {
            if let (false, Some((_, source))) = (known.contains(name), change.0.last()) {
                let (name, source) = (name.clone(), *source);
                return Err(OverrideError::Unknown { write: correction(&name, &known), name, source });
            }
            if let Some(source) = change.source_of(Change::Timeout(Duration::ZERO)) {
                return Err(OverrideError::ZeroTimeout { name: name.clone(), source });
            }
        }
        Ok(())
    }
}

impl Override {
    /// Returns who asked for this change, the last one if several did.
    fn source_of(&self, wanted: Change) -> Option<OverrideSource> {
        self.0.iter().rev().find(|(change, _)| *change == wanted).map(|(_, source)| *source)
    }

    fn tune(&self, hook: HookRef) -> HookRef {
        let (mut timeout, mut priority) = (None, hook.priority);
        for (change, _) in &self.0 {
            match change {
                Change::Timeout(length) => timeout = Some(*length),
                Change::Priority(number) => priority = *number,
                Change::Disabled => {}
            }
        }
        let HookRef::Linked(linked) = hook else {
            debug_assert!(false, "only linked hooks have changes: {hook:?}");
            return hook;
        };
        match OverriddenHook::new(linked, timeout, priority) {
            Some(tuned) => HookRef::OverriddenHook(Arc::new(tuned)),
            None => {
                debug_assert!(false, "a linked hook is no closure: {linked:?}");
                hook
            }
        }
    }
}

fn change(name: &str, word: &str) -> Result<Change, OverrideError> {
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

/// A hook that will not run, because somebody said so.
#[derive(Clone, Debug)]
pub(crate) struct Disabled {
    pub(crate) hook: HookRef,
    pub(crate) source: OverrideSource,
}

/// A change of hooks that cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OverrideError {
    /// No linked hook has this name.
    Unknown {
        /// The name.
        name: String,
        /// Who named it.
        source: OverrideSource,
        /// What to write instead.
        write: String,
    },
    /// The timeout is zero.
    ZeroTimeout {
        /// The hook's name.
        name: String,
        /// Who asked for it.
        source: OverrideSource,
    },
    /// A word of `ON_SHUTDOWN_HOOKS` has no meaning.
    Unreadable {
        /// The hook's name.
        name: String,
        /// The word.
        word: String,
        /// What to write instead.
        write: String,
    },
    /// `ON_SHUTDOWN_HOOKS` names a hook and asks for nothing.
    NothingAsked {
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
                write!(f, "{source}: a timeout of zero lets `{name}` do nothing; disable the hook instead")
            }
            Self::Unreadable { name, word, write } => {
                write!(f, "`{HOOKS_ENV}`: `{word}` of `{name}` has no meaning: {write}")
            }
            Self::NothingAsked { name } => write!(
                f,
                "`{HOOKS_ENV}`: nothing is asked of `{name}`; \
                 write `{name} disabled`, `{name} timeout=2s` or `{name} priority=10`, and `;` between two hooks"
            ),
        }
    }
}

impl std::error::Error for OverrideError {}
