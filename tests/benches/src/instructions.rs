//! Counts with callgrind how many instructions the function `measured` of a program takes. The count is exact even on a
//! noisy machine.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What is counted: a name, a program and its argument, and how often it does it.
const COUNTED: [(&str, &str, &str, u64); 5] = [
    ("the plan of 10 hooks", "bench_plan_10", "plan", 1),
    ("the plan of 1,000 hooks", "bench_plan_1000", "plan", 1),
    ("a guard made and dropped", "bench_plan_10", "guard", 1000),
    ("a task spawned, and run", "bench_plan_10", "spawn", 1000),
    ("the same by tokio::spawn with a guard", "bench_plan_10", "tokio-spawn", 1000),
];

/// Each name with its number. `built` is the folder of the programs.
///
/// # Errors
/// valgrind is missing and cannot be installed, or says something else than a number.
pub fn count(built: &Path) -> Result<Vec<(&'static str, u64)>, String> {
    let valgrind = valgrind()?;
    let one = |(name, program, argument, times)| {
        let total = total(&valgrind, &built.join(program), argument)?;
        Ok((name, total / times))
    };
    COUNTED.into_iter().map(one).collect()
}

/// In an environment of its own: looking for a variable takes as long as there are others.
fn total(valgrind: &Path, program: &Path, argument: &str) -> Result<u64, String> {
    let mut command = Command::new(valgrind);
    command.env_clear().args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=*::measured"]);
    let output = command.arg(program).arg(argument).output().map_err(|error| format!("valgrind: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().find_map(|line| line.split_once("Collected :"));
    let number = line.and_then(|(_, number)| number.trim().parse().ok()).filter(|number| *number > 0);
    number.ok_or_else(|| format!("callgrind counts nothing in {}:\n{said}", program.display()))
}

fn valgrind() -> Result<PathBuf, String> {
    let path = PathBuf::from("/usr/bin/valgrind");
    let apt_get = |words: &[&str]| Command::new("apt-get").args(["-q", "-y"]).args(words).output();
    if !path.exists() {
        let _ = apt_get(&["update"]);
        let _ = apt_get(&["install", "--no-install-recommends", "valgrind", "libc6-dbg"]);
    }
    if path.exists() { Ok(path) } else { Err("Debian's package `valgrind` cannot be installed".to_owned()) }
}

/// In one piece: else what is inlined, and with it the count, depends on how the compiler cuts the crates, which a
/// change of other code changes.
const IN_ONE_PIECE: [&str; 4] =
    ["--config", "profile.release.lto='fat'", "--config", "profile.release.codegen-units=1"];

/// Builds the programs that are counted, optimized and without the peers; answers with their folder.
///
/// # Errors
/// cargo's own.
pub fn build(target: &Path) -> Result<PathBuf, String> {
    let mut command = Command::new(env!("CARGO"));
    command
        .args(["build", "--release", "-p", "benches", "--no-default-features"])
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    command.args(["--bin", "bench_plan_10", "--bin", "bench_plan_1000"]);
    command.args(IN_ONE_PIECE).arg("--target-dir").arg(target);
    let output = command.output().map_err(|error| format!("cargo: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(target.join("release")) } else { Err(said.into_owned()) }
}
