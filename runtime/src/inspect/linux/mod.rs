//! A thread of this process in, a sentence about it out, from what `/proc` says.

use nix::unistd::{Pid, gettid};

use call::Place;
use stat::Stat;
use task::Task;

mod call;
mod child;
mod descriptor;
mod epoll;
mod memory;
mod sentence;
mod socket;
mod stat;
mod table;
mod task;

pub(super) fn what_it_does(thread: Pid) -> Option<String> {
    // A thread that looks at itself would find itself reading `/proc`.
    if thread == gettid() {
        return None;
    }
    let task = Task::of(thread)?;
    let before = Moment::of(&task);
    let stat = Stat::of(&task)?;
    if stat.has_ended() {
        return None;
    }
    // gVisor has no such file, and neither has a kernel built without it.
    let Some(place) = before.place.as_deref().and_then(call::parse) else { return sentence::without_place(&stat) };
    match place {
        Place::Running => Some(sentence::running(&stat)),
        Place::OutsideCalls => Some(sentence::outside_calls(&stat)),
        Place::In(call) => {
            let detailed = sentence::in_call(&call, &stat, Some(&task));
            let has_stayed = Moment::of(&task) == before;
            Some(if has_stayed { detailed } else { sentence::in_call(&call, &stat, None) })
        }
    }
}

/// Two that are equal vouch for all that was read between them: the thread has not moved.
#[derive(PartialEq, Eq)]
struct Moment {
    place: Option<String>,
    /// Counts how often the thread was given a CPU, where the kernel counts.
    turns: Option<String>,
}

impl Moment {
    fn of(task: &Task) -> Self {
        Self { place: task.text("syscall"), turns: task.text("schedstat") }
    }
}
