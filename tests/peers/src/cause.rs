//! Lists the rows of the table: what goes wrong, and how the program is stopped.

use std::time::Duration;

use crate::application::Application::{self, BlocksWorkers, HoldsStdout, NoThreads, Serves, Spins};
use crate::hook::Behavior;

pub struct Cause {
    pub title: &'static str,
    /// What the bad hook does; without it all ten are good, and there is no culprit to name.
    pub bad: Option<Behavior>,
    pub application: Application,
    pub stop: Stop,
    pub stderr: Stderr,
    pub times: Times,
}

/// The signals that come.
#[derive(Clone, Copy)]
pub enum Stop {
    Terminate,
    /// A second SIGTERM after this.
    TerminateTwice(Duration),
    /// Three SIGINTs, with these pauses. What has ended gets no more.
    InterruptThrice(Duration, Duration),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stderr {
    Read,
    /// From the moment on that the program is ready.
    FullPipe,
}

/// How long a hook, all hooks, and the process may take.
#[derive(Clone, Copy)]
pub struct Times {
    pub hook: Duration,
    pub overall: Duration,
    pub grace: Duration,
}

/// Long enough that a good hook keeps to them on a machine that is busy, and the grace period of docker.
pub const TIMES: Times =
    Times { hook: Duration::from_secs(1), overall: Duration::from_secs(6), grace: Duration::from_secs(10) };

/// The hook hangs for longer than a person at a terminal waits.
const PERSON: Times = Times { hook: Duration::from_secs(6), ..TIMES };

const fn bad(title: &'static str, behavior: Behavior) -> Cause {
    Cause { title, bad: Some(behavior), application: Serves, stop: Stop::Terminate, stderr: Stderr::Read, times: TIMES }
}

const fn application(title: &'static str, application: Application) -> Cause {
    Cause { title, bad: None, application, stop: Stop::Terminate, stderr: Stderr::Read, times: TIMES }
}

pub const CAUSES: [Cause; 16] = [
    bad("an async hook awaits for ever", Behavior::Awaits),
    bad("an async hook blocks its thread", Behavior::Blocks),
    bad("an async hook spins on the CPU", Behavior::Spins),
    bad("a sync hook sleeps for ever", Behavior::Sleeps),
    bad("a hook panics", Behavior::Panics),
    bad("a hook panics with a value that is not text", Behavior::PanicsOddly),
    bad("a hook returns an error", Behavior::Fails),
    bad("a hook hangs, and its `Drop` hangs when it is cancelled", Behavior::DropHangs),
    application("the application blocks all workers of its multi-thread runtime", BlocksWorkers),
    application("the application spins on its current-thread runtime", Spins),
    Cause { application: HoldsStdout, ..bad("main holds the lock of stdout, and a hook prints", Behavior::Prints) },
    Cause { stderr: Stderr::FullPipe, ..bad("stderr is a full pipe, and a hook returns an error", Behavior::Fails) },
    application("no further thread can be made", NoThreads),
    Cause {
        stop: Stop::TerminateTwice(Duration::from_millis(1)),
        ..application("a second SIGTERM 1 ms after the first", Serves)
    },
    Cause {
        stop: Stop::InterruptThrice(Duration::from_secs(2), Duration::from_millis(3500)),
        times: PERSON,
        ..bad("three Ctrl-C while a hook hangs, after 2 s and 5.5 s", Behavior::Awaits)
    },
    Cause {
        stop: Stop::InterruptThrice(Duration::from_millis(1200), Duration::from_millis(400)),
        times: PERSON,
        ..bad("three Ctrl-C by an impatient user, after 1.2 s and 1.6 s", Behavior::Awaits)
    },
];

impl Cause {
    /// Returns whether there is a culprit to name, and a reader for the name.
    pub fn has_culprit(&self) -> bool {
        self.bad.is_some() && self.stderr == Stderr::Read
    }
}
