//! Builds the test executables of the copy once, and runs one of them.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant, UNIX_EPOCH};
use std::{fs, iter, thread};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::Result;
use crate::tree::Folders;

/// Packages whose tests are not part of the measurement: they need containers, build one program with seven profiles and
/// four linkers, compare with other crates, measure time, use another compiler, or read the text of the sources, which
/// the copy changes.
const LEFT_OUT: [&str; 7] = ["containers", "registration", "peers", "benches", "msrv", "road", "mutation"];

/// Marks every process that a measurement starts, so that none is left.
const MARK: &str = "MUTATION_RUN";

/// How long to wait for each line of a process that has ended.
const LAST_LINES: Duration = Duration::from_secs(1);

/// No run takes more memory, in KiB: a change may let a program allocate until the system kills other programs.
const MEMORY_LIMIT: u64 = 4 << 20;

/// How many processes of one run are killed at most: one that the kernel does not end must not hold up the measurement.
const MAX_KILLED: usize = 1000;

/// How often the memory is added up: a program allocates some GiB in a second, and `/proc` is read in a millisecond.
const MEMORY_CHECK: Duration = Duration::from_secs(1);

/// A file with tests, as cargo builds it.
#[derive(Clone, Debug)]
pub(crate) struct Executable {
    /// The package and the target: `process/signals`.
    pub(crate) name: String,
    path: PathBuf,
    /// The folder of the package.
    folder: PathBuf,
    package: String,
}

/// How a run of an executable ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Passed,
    /// The name of the first test that failed, or what else went wrong.
    Failed(String),
    TimedOut,
}

/// Builds all tests, and returns the executables.
pub(crate) fn build(folders: &Folders) -> Result<Vec<Executable>> {
    let mut workspace = vec!["--workspace"];
    workspace.extend(LEFT_OUT.iter().flat_map(|package| ["--exclude", package]));
    let mut found = build_with(folders, &workspace)?;
    found.retain(|executable| executable.name != "on-shutdown/on_shutdown");
    // With all features, and with the default ones.
    found.extend(build_with(folders, &["-p", "on-shutdown", "--all-features", "--lib"])?);
    let default = build_with(folders, &["-p", "on-shutdown", "--lib"])?;
    found.extend(default.into_iter().map(|lib| Executable { name: format!("{}_default", lib.name), ..lib }));
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn build_with(folders: &Folders, arguments: &[&str]) -> Result<Vec<Executable>> {
    let mut build = cargo(folders, &folders.target);
    build.args(["test", "--no-run", "--message-format=json"]).args(arguments).stderr(Stdio::inherit());
    let output = build.output()?;
    if !output.status.success() {
        return Err("the tests of the copy do not compile".into());
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).filter_map(|line| executable(&line)).collect())
}

/// Returns the command `cargo` in the copy.
pub(crate) fn cargo(folders: &Folders, target: &Path) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(&folders.tree).env("CARGO_TARGET_DIR", target).env("CARGO_INCREMENTAL", "1");
    command
}

fn executable(line: &Value) -> Option<Executable> {
    if line.pointer("/profile/test")? != true {
        return None;
    }
    let text = |pointer| line.pointer(pointer).and_then(Value::as_str);
    let path = PathBuf::from(text("/executable")?);
    let folder = Path::new(text("/manifest_path")?).parent()?.to_owned();
    let id = text("/package_id")?;
    // `path+file:///folder/name#0.0.0` or `path+file:///folder#name@0.0.0`.
    let (before, after) = id.rsplit_once('#')?;
    let package = after.split_once('@').map_or(before.rsplit('/').next()?, |(name, _)| name).to_owned();
    let name = format!("{package}/{}", text("/target/name")?);
    Some(Executable { name, path, folder, package })
}

impl Executable {
    /// Changes with every build.
    pub(crate) fn version(&self) -> Result<u128> {
        Ok(fs::metadata(&self.path)?.modified()?.duration_since(UNIX_EPOCH)?.as_nanos())
    }

    /// Runs the tests with these variables, at most as long as `limit`. Ends the run at the first test that fails.
    pub(crate) fn run(
        &self,
        folders: &Folders,
        variables: &[(&str, &str)],
        test: Option<&str>,
        limit: Duration,
    ) -> Result<Ended> {
        let mut command = Command::new(&self.path);
        command.current_dir(&self.folder).env("CARGO_MANIFEST_DIR", &self.folder).env("CARGO_PKG_NAME", &self.package);
        command.env("CARGO_PKG_VERSION", "0.0.0").env("CARGO_TARGET_DIR", &folders.target).env("CARGO", "cargo");
        command.env("LD_LIBRARY_PATH", library_path()?);
        command.args(test.map(|test| ["--exact", test]).into_iter().flatten());
        command.envs(variables.iter().copied());
        run(command, limit)
    }
}

/// The macros' tests are linked with the compiler's own libraries.
fn library_path() -> Result<String> {
    let output = Command::new("rustc").args(["--print", "target-libdir"]).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs a command, at most as long as `limit`. Ends it at the first test that fails, with all that it has started.
pub(crate) fn run(mut command: Command, limit: Duration) -> Result<Ended> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let mark = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    command.env(MARK, &mark).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
    let mut child = command.spawn()?;
    let ended = watch(&mut child, limit, &mark);
    kill_marked(&mark);
    drop(child.kill());
    child.wait()?;
    ended
}

fn lines(child: &mut Child) -> Receiver<String> {
    let (sender, receiver) = channel();
    if let Some(stdout) = child.stdout.take() {
        thread::spawn(move || {
            for line in BufReader::new(stdout).split(b'\n').map_while(std::result::Result::ok) {
                if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                    return;
                }
            }
        });
    }
    receiver
}

/// Waits until the process ends or a test fails. The pipe alone says nothing: a process that a test left behind may keep
/// it open.
fn watch(child: &mut Child, limit: Duration, mark: &str) -> Result<Ended> {
    let (lines, end) = (lines(child), Instant::now() + limit);
    let mut next_check = Instant::now() + MEMORY_CHECK;
    loop {
        if Instant::now() >= next_check {
            if memory(mark) > MEMORY_LIMIT {
                return Ok(Ended::Failed("too much memory".to_owned()));
            }
            next_check = Instant::now() + MEMORY_CHECK;
        }
        match lines.recv_timeout(Duration::from_millis(20)) {
            Ok(line) => {
                if let Some(test) = failed_test(&line) {
                    return Ok(Ended::Failed(test.to_owned()));
                }
            }
            Err(_) => match child.try_wait()? {
                Some(status) if status.success() => return Ok(Ended::Passed),
                Some(status) => {
                    // The other thread may not have read the last lines yet.
                    let rest: Vec<String> = iter::from_fn(|| lines.recv_timeout(LAST_LINES).ok()).collect();
                    let test = rest.iter().find_map(|line| failed_test(line)).map(str::to_owned);
                    return Ok(Ended::Failed(test.unwrap_or_else(|| status.to_string())));
                }
                None if Instant::now() >= end => return Ok(Ended::TimedOut),
                None => thread::sleep(Duration::from_millis(1)),
            },
        }
    }
}

/// Returns the test's name from a line of the test harness: `test name ... FAILED`.
fn failed_test(line: &str) -> Option<&str> {
    let name = line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?;
    Some(name.strip_suffix(" - should panic").unwrap_or(name))
}

/// Kills what the command has started, until nothing is left: a process may start others while the list is read.
fn kill_marked(mark: &str) {
    for _ in 0..MAX_KILLED {
        let Some(pid) = marked(mark).next() else { return };
        // It may have ended already.
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        thread::sleep(Duration::from_millis(1));
    }
}

/// Returns how much memory the processes of a run use, in KiB.
fn memory(mark: &str) -> u64 {
    let resident = |pid: i32| -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().strip_suffix(" kB")?.parse().ok()
    };
    marked(mark).filter_map(resident).sum()
}

/// Returns the processes of a run. Such a process may be in a group of its own, but it has inherited the mark.
fn marked(mark: &str) -> impl Iterator<Item = i32> {
    let wanted = format!("{MARK}={mark}");
    fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(move |entry| {
        let pid = entry.file_name().to_string_lossy().parse().ok()?;
        let environment = fs::read(entry.path().join("environ")).ok()?;
        environment.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes()).then_some(pid)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_test_that_fails_ends_the_run() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo 'test a ... ok'; echo 'test b::c ... FAILED'; exec sleep 1000"]);
        assert_eq!(run(command, Duration::from_secs(60)).unwrap(), Ended::Failed("b::c".to_owned()));
    }

    #[test]
    fn a_run_that_takes_too_long_is_ended() {
        let mut command = Command::new("sleep");
        command.arg("1000");
        assert_eq!(run(command, Duration::from_millis(20)).unwrap(), Ended::TimedOut);
    }

    #[test]
    fn the_memory_of_a_run_is_that_of_all_its_processes() {
        let mark = format!("{}-memory", std::process::id());
        let start = || Command::new("sleep").arg("1000").env(MARK, &mark).spawn().unwrap();
        let mut children = [start(), start()];
        let used = || memory(&mark);
        // A child shows its environment when `exec` is done.
        while marked(&mark).count() < 2 {
            thread::yield_now();
        }
        let both = used();
        children[0].kill().unwrap();
        children[0].wait().unwrap();
        assert!(0 < used() && used() < both, "{} of {both} KiB", used());
        kill_marked(&mark);
        children[1].wait().unwrap();
        assert_eq!(used(), 0);
    }

    #[test]
    fn a_status_other_than_zero_is_a_failure_without_a_test() {
        let mut command = Command::new("sh");
        command.args(["-c", "exit 3"]);
        assert!(matches!(run(command, Duration::from_secs(60)).unwrap(), Ended::Failed(_)));
    }
}
