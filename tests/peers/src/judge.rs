//! Runs one program with one cause, and judges it from outside: wait status, the hooks' file, stderr.

use std::fmt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use process::{Ended, Program, Running, Signal};

use crate::application::{APPLICATION, Application};
use crate::cause::{Cause, Stderr, Stop};
use crate::hook::{BAD, BAD_HOOK, HOOKS, TRACE};
use crate::pipe::Pipe;
use crate::times::{HOOK_TIMEOUT, OVERALL_TIMEOUT};

/// A program that has not ended so long after its grace period never ends.
const NEVER: Duration = Duration::from_secs(2);

/// A column of the table.
pub struct Contender {
    pub title: &'static str,
    pub path: &'static str,
    /// Its only argument.
    pub shape: Option<&'static str>,
    /// Its exit codes when all is well.
    pub clean: &'static [i32],
}

/// What one program did about one cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// How many of the good hooks ran to their end, and of how many.
    pub ran: (usize, usize),
    pub end: End,
    /// Whether its exit code says that all is well, though it is not.
    pub conceals: bool,
    pub named: Named,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Exit(i32),
    By(i32),
    /// After the grace period, when its platform would have killed it.
    Late,
    Never,
}

/// How well the culprit was named on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    WithPlace,
    ByName,
    Not,
    /// There was none, or nowhere to say it.
    NoCulprit,
}

/// A cell, and the program's output to explain it.
pub struct Seen {
    pub cell: Cell,
    pub ended: Ended,
    pub trace: String,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}\n{}hooks:\n{}", self.cell, self.ended, self.trace)
    }
}

pub fn judge(contender: &Contender, cause: &Cause) -> Seen {
    let scratch = Scratch::new();
    let mut pipe = (cause.stderr == Stderr::FullPipe).then(|| Pipe::new(scratch.path("stderr")));
    let mut running = program(contender, cause, pipe.as_ref(), &scratch).start();
    if let Some(pipe) = &mut pipe {
        pipe.fill();
    }
    stop(&mut running, cause.stop);
    let kill_at = Instant::now() + cause.times.grace + NEVER;
    while running.lives() && Instant::now() < kill_at {
        thread::sleep(Duration::from_millis(2));
    }
    let never = running.lives();
    if never {
        running.signal(Signal::SIGKILL);
    }
    let ended = running.wait();
    let trace = std::fs::read_to_string(scratch.path("trace")).unwrap_or_default();
    let end = match (ended.code, ended.signal) {
        _ if never => End::Never,
        _ if ended.took >= cause.times.grace => End::Late,
        (Some(code), _) => End::Exit(code),
        (None, signal) => End::By(signal.expect("a code or a signal")),
    };
    let named = if cause.has_culprit() { named(&ended.err) } else { Named::NoCulprit };
    let (ran, of) = ran(cause, &trace);
    let conceals = (ran < of || cause.bad.is_some()) && ended.code.is_some_and(|code| contender.clean.contains(&code));
    Seen { cell: Cell { ran: (ran, of), end, conceals, named }, ended, trace }
}

fn program(contender: &Contender, cause: &Cause, pipe: Option<&Pipe>, scratch: &Scratch) -> Program {
    let mut command = if let Some(pipe) = pipe {
        let mut command = Command::new("sh");
        command.args(["-c", "exec \"$@\" 2>\"$0\""]).arg(&pipe.path).arg(contender.path);
        command
    } else if cause.application == Application::NoThreads && nix::unistd::geteuid().is_root() {
        // The limit counts for others than root only.
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(contender.path);
        command
    } else {
        Command::new(contender.path)
    };
    command.args(contender.shape);
    let millis = |time: Duration| time.as_millis().to_string();
    let program = Program::of(command)
        .env(TRACE, &scratch.path("trace").display().to_string())
        .env(APPLICATION, &format!("{:?}", cause.application))
        .env(HOOK_TIMEOUT, &millis(cause.times.hook))
        .env(OVERALL_TIMEOUT, &millis(cause.times.overall))
        .env("ON_SHUTDOWN_GRACE_PERIOD", &format!("{}ms", millis(cause.times.grace)));
    match cause.bad {
        Some(behavior) => program.env(BAD, &format!("{behavior:?}")),
        None => program,
    }
}

fn stop(running: &mut Running, stop: Stop) {
    match stop {
        Stop::Terminate => running.signal(Signal::SIGTERM),
        Stop::TerminateTwice(pause) => {
            running.signal(Signal::SIGTERM);
            thread::sleep(pause);
            running.signal(Signal::SIGTERM);
        }
        Stop::InterruptThrice(first, second) => {
            running.signal(Signal::SIGINT);
            for pause in [first, second] {
                let until = Instant::now() + pause;
                while running.lives() && Instant::now() < until {
                    thread::sleep(Duration::from_millis(2));
                }
                if running.lives() {
                    running.signal(Signal::SIGINT);
                }
            }
        }
    }
}

fn ran(cause: &Cause, trace: &str) -> (usize, usize) {
    let good = HOOKS.iter().filter(|(name, _)| cause.bad.is_none() || *name != BAD_HOOK);
    let ended = |name: &str| trace.lines().any(|line| line == format!("{name} ended"));
    (good.clone().filter(|(name, _)| ended(name)).count(), good.count())
}

fn named(err: &[String]) -> Named {
    if err.iter().any(|line| has_culprits_place(line)) {
        Named::WithPlace
    } else if err.iter().any(|line| line.contains(BAD_HOOK) && !line.contains("completed")) {
        Named::ByName
    } else {
        Named::Not
    }
}

/// Returns whether the line has the location where the bad hook is made, next to its name, or where it panics.
fn has_culprits_place(line: &str) -> bool {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../");
    line.match_indices("tests/peers/src/").any(|(start, _)| {
        let mut place = line[start..].split(|letter: char| !letter.is_alphanumeric() && !"_/.".contains(letter));
        let (Some(file), Some(Ok(number))) = (place.next(), place.next().map(str::parse::<usize>)) else {
            return false;
        };
        let source = std::fs::read_to_string(format!("{root}{file}")).unwrap_or_default();
        let source_line = source.lines().nth(number.wrapping_sub(1)).unwrap_or_default();
        (line.contains(BAD_HOOK) && source_line.contains("register") && source_line.contains("bad.run"))
            || (line.contains("panicked at") && source_line.contains("panic"))
    })
}

/// A folder that is removed when it is dropped. Every user may write into it, because one program has no privileges.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        use std::os::unix::fs::PermissionsExt;
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("on-shutdown-peers-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).expect("a new folder");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o777)).expect("it is ours");
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
