//! A thread's place and state in, the sentence about it out.

use super::call::Call;
use super::child;
use super::descriptor::{NAMED, describe, is_stored, list, one};
use super::stat::Stat;
use super::table::{Subject, named};
use super::task::Task;
use super::{epoll, memory};

const STOPPED: &str = "stopped, by a signal or a debugger";

/// How long it has run in all shows a spinning thread, and one that hardly gets the CPU.
pub(super) fn running(stat: &Stat) -> String {
    let (user, kernel) = stat.cpu_time();
    let (user, kernel) = (user.as_secs_f64(), kernel.as_secs_f64());
    format!("running on the CPU (since the thread began: {user:.1} s in the program, {kernel:.1} s in the kernel)")
}

pub(super) fn outside_calls(stat: &Stat) -> String {
    match stat.is_stopped() {
        true => STOPPED.to_owned(),
        false => format!("waiting{} outside any system call, as for a page of memory", state(stat)),
    }
}

/// What the state alone tells.
pub(super) fn without_place(stat: &Stat) -> Option<String> {
    match () {
        () if stat.is_running() => Some(running(stat)),
        () if stat.is_stopped() => Some(STOPPED.to_owned()),
        () if stat.is_uninterruptible() => Some(format!("waiting{}", state(stat))),
        () => None,
    }
}

/// Without a task, what the call's own arguments tell and nothing looked up.
pub(super) fn in_call(call: &Call, stat: &Stat, task: Option<&Task>) -> String {
    if stat.is_stopped() {
        return STOPPED.to_owned();
    }
    let Some((name, subject)) = named(call.number) else {
        return format!("waiting{} in an unknown system call {}", state(stat), call.number);
    };
    let Detail { words, is_stored } = detail(call, subject, task);
    let verb = match subject {
        Subject::Sleep => "sleeping",
        Subject::Polled if call.word(1) == 0 => "sleeping",
        Subject::Select if call.int(0) == 0 => "sleeping",
        _ => "waiting",
    };
    let state =
        if stat.is_uninterruptible() && is_stored { " for the disk or file server (state D)" } else { state(stat) };
    format!("{verb}{state} in {name}{words}")
}

fn state(stat: &Stat) -> &'static str {
    if stat.is_uninterruptible() { " uninterruptibly (state D)" } else { "" }
}

/// What stands after the call's name.
#[derive(Default)]
struct Detail {
    words: String,
    is_stored: bool,
}

impl From<String> for Detail {
    fn from(words: String) -> Self {
        Self { words, is_stored: false }
    }
}

fn detail(call: &Call, subject: Subject, task: Option<&Task>) -> Detail {
    match subject {
        Subject::Descriptor => on(call.int(0), task),
        Subject::Between(place) => {
            let ends = [call.int(0), call.int(place)];
            let words = |end| task.and_then(|task| describe(task, end)).map(|described| described.words);
            format!(" on {}", list(&ends.map(|end| (end, words(end))), 0)).into()
        }
        Subject::Address(place) => {
            let path = task.and_then(|task| memory::unix_path(task, call.word(place), call.int(place + 1)));
            let path = path.map(|path| format!(", to {path}")).unwrap_or_default();
            format!("{}{path}", on(call.int(0), task).words).into()
        }
        Subject::Closing => format!(" of fd {}", call.int(0)).into(),
        Subject::Polled => polled(call, task).unwrap_or_default().into(),
        Subject::Epoll => match task.and_then(|task| epoll::watched(task, call.int(0))) {
            Some(watched) => format!(" on fd {}, which watches {watched}", call.int(0)).into(),
            None => on(call.int(0), task),
        },
        Subject::Path(place) => match task.and_then(|task| memory::path(task, call.word(place))) {
            Some(path) => Detail { is_stored: is_stored(&path), words: format!(" of {path}") },
            None => Detail::default(),
        },
        Subject::Wait4 => child::of_wait4(task, call.int(0)).into(),
        Subject::Waitid if call.int(0) == child::KIND_DESCRIPTOR => on(call.int(1), task),
        Subject::Waitid => child::of_waitid(task, call.int(0), call.int(1)).into(),
        Subject::Words(words) => words.to_owned().into(),
        Subject::Select | Subject::Sleep => Detail::default(),
    }
}

fn on(descriptor: i32, task: Option<&Task>) -> Detail {
    let described = task.and_then(|task| describe(task, descriptor));
    let words = one(descriptor, described.as_ref().map(|described| described.words.as_str()));
    Detail { words: format!(" on {words}"), is_stored: described.is_some_and(|described| described.is_stored) }
}

fn polled(call: &Call, task: Option<&Task>) -> Option<String> {
    let task = task?;
    let (mut descriptors, unread) = memory::polled(task, call.word(0), call.word(1))?;
    let more = descriptors.len().saturating_sub(NAMED) + unread;
    descriptors.truncate(NAMED);
    let words = |number: i32| (number, describe(task, number).map(|described| described.words));
    let named: Vec<_> = descriptors.into_iter().map(words).collect();
    (!named.is_empty()).then(|| format!(" on {}", list(&named, more)))
}

#[cfg(test)]
#[path = "sentence_tests.rs"]
mod tests;
