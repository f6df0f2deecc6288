//! Runs the tests with one change, until a test fails.

use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use crate::Result;
use crate::candidates::Candidate;
use crate::executables::{Ended, Executable, cargo, run};
use crate::reach::Reach;
use crate::tree::Folders;

/// What the tests say about a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// By this test or build.
    Killed(String),
    /// With the reason, if it is known.
    Survived(String),
}

/// The executables that expand macros when they run. Others would keep programs that a changed macro has made.
const RUN_MACROS: [&str; 2] = ["on-shutdown-macros/on_shutdown_macros", UI];

/// The programs that must not compile, or just so.
const UI: &str = "ui/ui";

/// The packages whose tests are built again with a changed macro.
const REBUILT: [&str; 2] = ["process", "state"];

/// Added to three times the duration without a change.
const GRACE: Duration = Duration::from_secs(60);

/// A build of the tests takes no longer.
const BUILD_LIMIT: Duration = Duration::from_secs(900);

/// Runs the executables that reach the change, until a test fails.
pub(crate) fn run_tests(folders: &Folders, id: usize, change: &Candidate, reaches: &[Reach]) -> Result<Verdict> {
    let is_macro = change.file.starts_with("macros/");
    // The small programs of `tests/ui` are about messages of the compiler: two minutes, for nothing that a change of the
    // runtime could show.
    let may_run = |reach: &&Reach| match reach.executable.name.as_str() {
        name if is_macro => RUN_MACROS.contains(&name),
        name => name != UI,
    };
    let mut reached = reaches.iter().filter(|reach| reach.changes.contains(&id)).filter(may_run).peekable();
    if reached.peek().is_none() && !is_macro {
        return Ok(Verdict::Survived("no test reaches it".to_owned()));
    }
    let (mutant, mut unstable) = (id.to_string(), Vec::new());
    for reach in reached {
        match run_one(folders, &reach.executable, &mutant, reach.took * 3 + GRACE)? {
            Verdict::Killed(by) => return Ok(Verdict::Killed(by)),
            Verdict::Survived(why) if why.is_empty() => {}
            Verdict::Survived(why) => unstable.push(why),
        }
    }
    if is_macro {
        return run_builds(folders, &mutant, reaches);
    }
    Ok(Verdict::Survived(unstable.join(", ")))
}

/// A failure counts if the same test fails a second time, alone, and passes without the change. Otherwise the machine may
/// have been too busy. If no test has failed, the process has ended early or hangs: this is about all tests.
fn run_one(folders: &Folders, executable: &Executable, mutant: &str, limit: Duration) -> Result<Verdict> {
    let variables = [("MUTANT", mutant)];
    let name = &executable.name;
    let test = match executable.run(folders, &variables, None, limit)? {
        Ended::Passed => return Ok(Verdict::Survived(String::new())),
        Ended::TimedOut => "time limit".to_owned(),
        Ended::Failed(test) => {
            if executable.run(folders, &variables, only(&test), limit)? == Ended::Passed {
                return Ok(Verdict::Survived(format!("{name} {test} failed once")));
            }
            test
        }
    };
    Ok(match executable.run(folders, &[], only(&test), limit)? {
        Ended::Passed => Verdict::Killed(format!("{name} {test}")),
        Ended::Failed(_) | Ended::TimedOut => Verdict::Survived(format!("{name} {test} fails without the change, too")),
    })
}

/// Returns the name of the test, if it is one and not a status.
fn only(test: &str) -> Option<&str> {
    (!test.contains(' ')).then_some(test)
}

/// The macros run inside of the compiler. So the compiler must run again for all tests whose programs have hooks. A failure
/// counts under the same conditions as in `run_one`; tests that do not compile count at once.
fn run_builds(folders: &Folders, mutant: &str, reaches: &[Reach]) -> Result<Verdict> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock();
    let tests = |test: Option<&str>| {
        let mut tests = cargo(folders, &folders.rebuild);
        tests.args(["test", "--no-fail-fast"]).args(REBUILT.iter().flat_map(|package| ["-p", package]));
        tests.args(test.map(|test| ["--", "--exact", test]).into_iter().flatten()).env("MUTANT", mutant);
        tests
    };
    touch(folders)?;
    let test = match run(tests(None), BUILD_LIMIT)? {
        Ended::Passed => return Ok(Verdict::Survived(String::new())),
        Ended::TimedOut => return Ok(Verdict::Killed("rebuilt tests: time limit".to_owned())),
        Ended::Failed(test) => test,
    };
    let Some(only) = only(&test) else { return Ok(Verdict::Killed(format!("rebuilt tests: {test}"))) };
    if run(tests(Some(only)), BUILD_LIMIT)? == Ended::Passed {
        return Ok(Verdict::Survived(format!("rebuilt {test} failed once")));
    }
    let is_rebuilt = |reach: &&Reach| REBUILT.iter().any(|name| reach.executable.name.split('/').next() == Some(*name));
    for reach in reaches.iter().filter(is_rebuilt) {
        // An executable without this test passes.
        if reach.executable.run(folders, &[], Some(only), reach.took * 3 + GRACE)? != Ended::Passed {
            return Ok(Verdict::Survived(format!("{test} fails without the change, too")));
        }
    }
    Ok(Verdict::Killed(format!("rebuilt tests: {test}")))
}

/// Lets cargo build again the packages that use the macros. It does not know that `MUTANT` matters to them.
fn touch(folders: &Folders) -> Result<()> {
    let packages = ["on-shutdown", "process", "process-orders", "process-metrics", "state"];
    let mut clean = cargo(folders, &folders.rebuild);
    clean.arg("clean").args(packages.iter().flat_map(|package| ["-p", package]));
    Command::status(&mut clean)?;
    Ok(())
}
