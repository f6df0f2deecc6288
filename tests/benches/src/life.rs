//! Starts, signals and reaps programs, and returns their moments. Several programs take turns, so that a disturbance of
//! the machine affects all of them.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use benches::child::now;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A program, and the variant of itself that it is asked for.
#[derive(Clone, Copy)]
pub struct Contestant {
    pub title: &'static str,
    pub program: &'static str,
    pub variant: &'static str,
    /// What stops it.
    pub signal: Signal,
}

/// From the signal on; nanoseconds.
#[derive(Clone, Copy)]
pub struct Life {
    pub first: u64,
    pub last: u64,
    pub reaped: u64,
}

/// A program that is ready.
pub struct Started {
    child: Child,
    signal: Signal,
    /// From before its start; nanoseconds.
    pub ready: u64,
}

/// Returns the path of a program, which is in the same folder as this one.
pub fn path(program: &str) -> PathBuf {
    std::env::current_exe().expect("this program has a path").with_file_name(program)
}

impl Contestant {
    pub fn start(&self, hooks: usize) -> Result<Started, String> {
        let mut command = Command::new(path(self.program));
        command.arg(self.variant).arg(hooks.to_string()).env_remove("ON_SHUTDOWN");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let spawned = now();
        let mut child = command.spawn().map_err(|error| format!("{}: {error}", self.program))?;
        let mut moment = [0; 8];
        match child.stdout.as_mut().map(|stdout| stdout.read_exact(&mut moment)) {
            Some(Ok(())) => Ok(Started { child, signal: self.signal, ready: u64::from_le_bytes(moment) - spawned }),
            _ => Err(format!("{} {}: never ready", self.program, self.variant)),
        }
    }

    /// Started, signalled when it has come to rest, and waited for.
    fn live(&self, hooks: usize) -> Result<Life, String> {
        let started = self.start(hooks)?;
        let (signalled, reaped, moments) = started.stop()?;
        match moments[..] {
            [first, last] => Ok(Life { first: first - signalled, last: last - signalled, reaped: reaped - signalled }),
            _ => Err(format!("{} {} {hooks}: its hooks did not run", self.program, self.variant)),
        }
    }
}

impl Started {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Returns the moments of the signal and of the end, and the moments that the program has written.
    pub fn stop(mut self) -> Result<(u64, u64, Vec<u64>), String> {
        std::thread::sleep(Duration::from_millis(2));
        let pid = Pid::from_raw(self.child.id().try_into().expect("a pid fits"));
        let signalled = now();
        kill(pid, self.signal).map_err(|error| format!("kill: {error}"))?;
        self.child.wait().map_err(|error| format!("wait: {error}"))?;
        let reaped = now();
        let mut written = Vec::new();
        self.child
            .stdout
            .take()
            .expect("stdout is piped")
            .read_to_end(&mut written)
            .map_err(|error| format!("its stdout: {error}"))?;
        let moments = written.chunks_exact(8).map(|moment| u64::from_le_bytes(moment.try_into().expect("eight")));
        Ok((signalled, reaped, moments.collect()))
    }
}

/// What was started goes.
impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// So many lives of each, in turns, after a life of each that does not count. Each turn begins with another one.
pub fn interleaved(entries: &[(Contestant, usize)], rounds: usize) -> Result<Vec<Vec<Life>>, String> {
    let mut lives: Vec<Vec<Life>> = vec![Vec::new(); entries.len()];
    for round in 0..=rounds {
        for turn in 0..entries.len() {
            let place = (turn + round) % entries.len();
            let (contestant, hooks) = entries[place];
            let life = contestant.live(hooks).or_else(|_| contestant.live(hooks))?;
            if round > 0 {
                lives[place].push(life);
            }
        }
    }
    Ok(lives)
}
