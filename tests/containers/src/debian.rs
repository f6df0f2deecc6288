//! Finds a program of Debian and the libraries that it is linked to. Installs a missing package.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Unavailable;
use crate::lock::{self, What};

/// The program's file, its libraries and its loader, as this machine has them.
pub(crate) fn files(package: &str, program: &str) -> Result<Vec<PathBuf>, Unavailable> {
    let refused = |why: String| Unavailable::new(format!("Debian's package `{package}`"), why);
    if !Path::new(program).exists() {
        install(package, || Path::new(program).exists()).map_err(refused)?;
    }
    let output = Command::new("ldd").arg(program).output().map_err(|error| refused(format!("ldd: {error}")))?;
    let text = String::from_utf8_lossy(&output.stdout);
    // `name => /path (0x..)`, and the loader without a name. A static program has no line like that.
    let libraries = text.split_whitespace().filter(|word| word.starts_with('/')).map(|word| word.trim_end_matches(':'));
    Ok([program].into_iter().chain(libraries).map(PathBuf::from).collect())
}

/// Prometheus's tool that checks and tests rules.
///
/// # Errors
/// The package cannot be installed.
pub fn promtool() -> Result<PathBuf, Unavailable> {
    let path = PathBuf::from("/usr/bin/promtool");
    if !path.exists() {
        let refused = |why: String| Unavailable::new("Debian's package `prometheus`", why);
        install("prometheus", || path.exists()).map_err(refused)?;
    }
    Ok(path)
}

/// One at a time, of this run and of others.
pub(crate) fn install(package: &str, is_there: impl Fn() -> bool) -> Result<(), String> {
    let _lock = lock::alone(What::Apt)?;
    let install = ["install", "-y", "--no-install-recommends", package];
    if is_there() || apt_get(&install).is_ok() {
        return Ok(());
    }
    // The lists may be missing or too old.
    apt_get(&["update"])?;
    apt_get(&install)
}

fn apt_get(words: &[&str]) -> Result<(), String> {
    let mut command = Command::new("apt-get");
    command.args(["-q", "-o", "DPkg::Lock::Timeout=60"]).args(words).env("DEBIAN_FRONTEND", "noninteractive");
    let output = command.output().map_err(|error| format!("cannot start apt-get: {error}"))?;
    let words = words.join(" ");
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if output.status.success() { Ok(()) } else { Err(format!("`apt-get {words}`: {said}")) }
}
