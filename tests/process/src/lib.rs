//! Starts real programs, waits until they are ready, signals them, and checks their output and their wait status.
//!
//! No test relies on a sleep. Every wait is for a line or for the end of the process, and fails after [`LIMIT`] with
//! the whole output of the program.

use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Condvar, Mutex, Once};
use std::thread;
use std::time::{Duration, Instant};

pub use mount_namespace::in_mount_namespace;
pub use nix::sys::signal::Signal;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use pace::Countdown;
pub use pace::{on_a_machine_that_keeps_time, on_a_machine_that_wakes_within};

mod mount_namespace;
mod pace;

/// Variables that identify a platform. The tests expect the default grace period of 10 s. Each of these platforms has
/// another default, or receives messages about the shutdown.
const PLATFORMS: [&str; 11] = [
    "FLY_APP_NAME",
    "NOMAD_ALLOC_ID",
    "KUBERNETES_SERVICE_HOST",
    "ECS_CONTAINER_METADATA_URI_V4",
    "DYNO",
    "RENDER",
    "CONTAINER_APP_REVISION",
    "K_SERVICE",
    "INVOCATION_ID",
    "NOTIFY_SOCKET",
    "SYSTEMD_EXEC_PID",
];

/// The harness kills a program that takes longer than this, and the test fails.
pub const LIMIT: Duration = Duration::from_secs(60);

/// A background job ignores some signals. A child inherits ignored signals, but not handlers.
fn ignore_nothing() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for signal in [Signal::SIGINT, Signal::SIGQUIT, Signal::SIGHUP] {
            let always = Arc::new(AtomicBool::new(true));
            signal_hook::flag::register_conditional_default(signal as i32, always).expect("it can be handled");
        }
    });
}

/// Returns the signals that a process blocks, ignores and handles, from its `/proc/self/status`.
pub fn masks(status: &str) -> String {
    let wanted = |line: &&str| ["SigBlk:", "SigIgn:", "SigCgt:"].iter().any(|name| line.starts_with(name));
    status.lines().filter(wanted).map(|line| line.replace('\t', " ")).collect::<Vec<_>>().join(" ")
}

/// A program that is not started yet. Its environment contains no setting of the shutdown.
pub struct Program {
    command: Command,
}

impl Program {
    /// `path` is `env!("CARGO_BIN_EXE_name")`.
    pub fn new(path: &str) -> Self {
        Self::of(Command::new(path))
    }

    /// Starts the program through another one (`sh -c 'ulimit ..; exec ..'`, `nohup ..`).
    pub fn of(mut command: Command) -> Self {
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("ON_SHUTDOWN") || PLATFORMS.contains(&&*text) {
                command.env_remove(name);
            }
        }
        ignore_nothing();
        // A backtrace of a debug build takes half a second.
        command.env_remove("RUST_BACKTRACE");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self { command }
    }

    pub fn arg(mut self, arg: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Starts the program, without waiting.
    pub fn spawn(mut self) -> Running {
        let mut child = self.command.spawn().unwrap_or_else(|error| panic!("cannot start {:?}: {error}", self.command));
        let out = Lines::read(child.stdout.take().expect("stdout is piped"));
        let err = Lines::read(child.stderr.take().expect("stderr is piped"));
        Running { child, out, err, signalled: None }
    }

    /// Starts the program, and waits until it prints `ready` on stdout.
    pub fn start(self) -> Running {
        let running = self.spawn();
        running.out_line("ready");
        running
    }

    /// Starts the program, and waits for its end.
    pub fn run(self) -> Ended {
        self.spawn().wait()
    }
}

/// A program that runs. Dropping it kills the program.
pub struct Running {
    child: Child,
    out: Lines,
    err: Lines,
    signalled: Option<Instant>,
}

impl Running {
    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().try_into().expect("a pid fits"))
    }

    /// Sends a signal. The first signal starts the clock of [`Ended::took`].
    pub fn signal(&mut self, signal: Signal) {
        self.signalled.get_or_insert_with(Instant::now);
        kill(self.pid(), signal).expect("the program still lives");
    }

    /// Waits for a line of stdout that contains the text.
    pub fn out_line(&self, text: &str) -> String {
        self.out.wait_for(text).unwrap_or_else(|why| panic!("{why} `{text}` on stdout\n{}{}", self.out, self.err))
    }

    /// Waits for a line of stderr that contains the text.
    pub fn err_line(&self, text: &str) -> String {
        self.err.wait_for(text).unwrap_or_else(|why| panic!("{why} `{text}` on stderr\n{}{}", self.out, self.err))
    }

    /// Returns whether the program has not ended yet, as far as this harness has seen.
    pub fn lives(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits for the end of the process. Does not wait for pipes that the program's children keep open.
    pub fn wait(mut self) -> Ended {
        let mut countdown = Countdown::new(LIMIT);
        let status = loop {
            match self.child.try_wait().expect("it can be waited for") {
                Some(status) => break status,
                None if countdown.is_over() => {
                    let _ = self.child.kill();
                    panic!("it did not end within {LIMIT:?}\n{}{}", self.out, self.err);
                }
                None => thread::sleep(Duration::from_millis(1)),
            }
        };
        let took = self.signalled.map_or(Duration::ZERO, |at| at.elapsed());
        let (out, err) = (self.out.rest(), self.err.rest());
        Ended { code: status.code(), signal: status.signal(), took, out, err }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a program ended, and all its output.
#[derive(Debug)]
pub struct Ended {
    /// The exit code, unless a signal killed the program.
    pub code: Option<i32>,
    /// The signal that killed the program.
    pub signal: Option<i32>,
    /// Time from the first signal to the end. Zero if the test sent no signal.
    pub took: Duration,
    pub out: Vec<String>,
    pub err: Vec<String>,
}

impl Ended {
    /// Fails unless the process ended by itself with this code.
    #[track_caller]
    pub fn assert_code(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// Fails unless a line of stderr contains the text.
    #[track_caller]
    pub fn assert_err(&self, text: &str) -> &Self {
        assert!(self.err.iter().any(|line| line.contains(text)), "no `{text}` on stderr\n{self}");
        self
    }

    /// Fails if a line of stderr contains the text.
    #[track_caller]
    pub fn assert_no_err(&self, text: &str) -> &Self {
        assert!(!self.err.iter().any(|line| line.contains(text)), "`{text}` on stderr\n{self}");
        self
    }

    /// Returns the lines of stderr as JSON. Fails if one is neither JSON nor what the standard library writes for a panic.
    #[track_caller]
    pub fn json_lines(&self) -> Vec<serde_json::Value> {
        let mut lines = Vec::new();
        let mut err = self.err.iter().map(String::as_str);
        while let Some(line) = err.next() {
            match serde_json::from_str(line) {
                Ok(value @ serde_json::Value::Object(_)) => lines.push(value),
                // The message is the next line. Threads write their panics one after the other.
                _ if line.starts_with("thread '") => drop(err.next()),
                _ if line.is_empty() || line.starts_with("note: run with `RUST_BACKTRACE=1`") => {}
                _ => panic!("`{line}` is no JSON\n{self}"),
            }
        }
        lines
    }

    /// Fails unless a line of stdout contains the text.
    #[track_caller]
    pub fn assert_out(&self, text: &str) -> &Self {
        assert!(self.out.iter().any(|line| line.contains(text)), "no `{text}` on stdout\n{self}");
        self
    }

    /// Fails unless these lines are on stdout, in this order. Other lines may be between them.
    #[track_caller]
    pub fn assert_order(&self, lines: &[&str]) -> &Self {
        let mut rest = self.out.iter();
        for line in lines {
            assert!(rest.any(|said| said == line), "`{line}` is missing or out of order\n{self}");
        }
        self
    }

    /// Fails unless the process ended within this time. Pass a grace period, never a tight bound.
    #[track_caller]
    pub fn assert_before(&self, limit: Duration) -> &Self {
        assert!(self.took < limit, "it took {:?}, and had {limit:?}\n{self}", self.took);
        self
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, signal, took, out, err } = self;
        writeln!(f, "code {code:?}, signal {signal:?}, {took:?} after the first signal")?;
        writeln!(f, "stdout:\n  {}\nstderr:\n  {}", out.join("\n  "), err.join("\n  "))
    }
}

/// Reads the lines of a pipe as they come, so that the program never waits for the test.
struct Lines {
    read: Arc<(Mutex<Vec<String>>, Condvar)>,
    closed: Receiver<()>,
}

impl Lines {
    fn read(pipe: impl Read + Send + 'static) -> Self {
        let read = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
        let (close, closed) = channel::<()>();
        let ours = Arc::clone(&read);
        thread::spawn(move || {
            for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
                ours.0.lock().expect("no reader panics").push(String::from_utf8_lossy(&line).into_owned());
                ours.1.notify_all();
            }
            drop(close);
            ours.1.notify_all();
        });
        Self { read, closed }
    }

    fn wait_for(&self, text: &str) -> Result<String, &'static str> {
        let mut countdown = Countdown::new(LIMIT);
        let mut lines = self.read.0.lock().expect("no reader panics");
        loop {
            if let Some(line) = lines.iter().find(|line| line.contains(text)) {
                return Ok(line.clone());
            }
            if self.closed.try_recv() == Err(std::sync::mpsc::TryRecvError::Disconnected) {
                return Err("the pipe was closed without");
            }
            if countdown.is_over() {
                return Err("waited in vain for");
            }
            // The pipe may close between the check above and this wait.
            let moment = Duration::from_millis(50);
            lines = self.read.1.wait_timeout(lines, moment).expect("no reader panics").0;
        }
    }

    /// Returns all lines, once the process has ended. A child that still holds the pipe gets a second to close it.
    fn rest(&self) -> Vec<String> {
        let closed = self.closed.recv_timeout(Duration::from_secs(1));
        debug_assert!(matches!(closed, Err(RecvTimeoutError::Disconnected | RecvTimeoutError::Timeout)));
        self.read.0.lock().expect("no reader panics").clone()
    }
}

impl fmt::Display for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.read.0.lock().expect("no reader panics").iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}
