//! Starts the program `hostile` and reads its trace.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use process::{Ended, Program, Running, Signal};

/// The program's grace period. The program ends long before the harness would kill it.
pub const GRACE: Duration = Duration::from_secs(10);

pub const PATH: &str = env!("CARGO_BIN_EXE_hostile");

/// The program `hostile`, not started yet.
pub struct Hostile {
    program: Program,
    trace: PathBuf,
}

/// How the program ended, and what its hooks wrote.
pub struct Finished {
    pub ended: Ended,
    pub trace: Vec<String>,
}

impl Hostile {
    pub fn new(main: &str) -> Self {
        Self::of(main, Program::new(PATH))
    }

    pub fn of(main: &str, program: Program) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let trace = std::env::temp_dir().join(format!("on-shutdown-hostile-{}-{number}", std::process::id()));
        let program = program.env("MAIN", main).env("TRACE", &trace.display().to_string());
        Self { program, trace }
    }

    pub fn hook(mut self, spec: &str) -> Self {
        self.program = self.program.arg(spec);
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.program = self.program.env(name, value);
        self
    }

    pub fn start(self) -> (Running, PathBuf) {
        (self.program.start(), self.trace)
    }

    /// Starts the program, and stops it by SIGTERM.
    pub fn stop(self) -> Finished {
        let (mut running, trace) = self.start();
        running.signal(Signal::SIGTERM);
        Finished::of(running, trace)
    }
}

impl Finished {
    pub fn of(running: Running, path: PathBuf) -> Self {
        let ended = running.wait();
        let trace = std::fs::read_to_string(&path).unwrap_or_default();
        let _ = std::fs::remove_file(path);
        Self { ended, trace: trace.lines().map(str::to_owned).collect() }
    }

    pub fn place(&self, line: &str) -> Option<usize> {
        self.trace.iter().position(|traced| traced == line)
    }

    /// Fails unless the hook ran to its end.
    #[track_caller]
    pub fn assert_ran(&self, hook: &str) -> &Self {
        assert!(
            self.place(&format!("{hook} ended")).is_some(),
            "{hook} has not ended\n{:#?}\n{}",
            self.trace,
            self.ended
        );
        self
    }

    #[track_caller]
    pub fn assert_order(&self, lines: &[&str]) -> &Self {
        let places: Vec<Option<usize>> = lines.iter().map(|line| self.place(line)).collect();
        assert!(places.iter().all(Option::is_some), "{lines:?}\n{:#?}\n{}", self.trace, self.ended);
        assert!(places.is_sorted(), "{lines:?}\n{:#?}\n{}", self.trace, self.ended);
        self
    }

    #[track_caller]
    pub fn assert_ended(&self, code: i32) -> &Self {
        self.ended.assert_code(code).assert_before(GRACE);
        self
    }
}
