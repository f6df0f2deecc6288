//! Finds a program of Debian and the libraries that it is linked to. Installs a missing package.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use crate::Unavailable;
use crate::binary::target_tmp;
use crate::command::run;
use crate::lock::{self, What};

/// The program's file, its libraries and its loader, as this machine has them.
pub(crate) fn files(package: &str, program: &str) -> Result<Vec<PathBuf>, Unavailable> {
    let refused = |why: String| Unavailable::new(format!("Debian's package `{package}`"), why);
    find_or_install(package, || Path::new(program).exists().then_some(()))?;
    let output = Command::new("ldd").arg(program).output().map_err(|error| refused(format!("ldd: {error}")))?;
    let text = String::from_utf8_lossy(&output.stdout);
    // `name => /path (0x..)`, and the loader without a name. A static program has no line like that.
    let libraries = text.split_whitespace().filter(|word| word.starts_with('/')).map(|word| word.trim_end_matches(':'));
    Ok([program].into_iter().chain(libraries).map(PathBuf::from).collect())
}

/// Returns what `find` finds: a program, or several. Installs Debian's package if there is none.
///
/// # Errors
/// The package cannot be installed, or does not contain it.
pub fn find_or_install<T>(package: &str, find: impl Fn() -> Option<T>) -> Result<T, Unavailable> {
    let refused = |why: String| Unavailable::new(format!("Debian's package `{package}`"), why);
    if let Some(found) = find() {
        return Ok(found);
    }
    install(package, || find().is_some()).map_err(refused)?;
    find().ok_or_else(|| refused("it does not contain what the test needs".to_owned()))
}

/// Prometheus's tool that checks and tests rules, as this machine has it, otherwise from Debian's package. Takes only the
/// tool from the package, because an installed package starts Prometheus as a service.
///
/// # Errors
/// The package cannot be downloaded or unpacked.
pub fn promtool() -> Result<PathBuf, Unavailable> {
    let installed = PathBuf::from("/usr/bin/promtool");
    if installed.exists() {
        return Ok(installed);
    }
    unpacked("prometheus", "usr/bin/promtool").map_err(|why| Unavailable::new("Debian's package `prometheus`", why))
}

/// Downloads a package once per target folder, and returns the path of one file of it.
fn unpacked(package: &str, file: &str) -> Result<PathBuf, String> {
    let _lock = lock::alone(What::Apt)?;
    let folder = target_tmp()?.join(format!("debian-{package}"));
    let found = folder.join(file);
    // The last step makes `found`, so a killed run leaves none.
    if !found.exists() {
        let parts = folder.join("parts");
        let _ = fs::remove_dir_all(&parts);
        let refused = |error: io::Error| format!("{}: {error}", folder.display());
        fs::create_dir_all(&parts).map_err(refused)?;
        let download = || apt_get_in(&parts, &["download", package]);
        if download().is_err() {
            // The lists may be missing or too old.
            apt_get(&["update"])?;
            download()?;
        }
        let names = fs::read_dir(&parts).map_err(refused)?.filter_map(|entry| Some(entry.ok()?.path()));
        let archive = names.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "deb"));
        let archive = archive.ok_or_else(|| format!("{}: apt-get downloaded no package", parts.display()))?;
        let contents = parts.join("contents");
        run("dpkg", ["-x", &archive.to_string_lossy(), &contents.to_string_lossy()], &[])?;
        fs::create_dir_all(found.parent().unwrap_or(&folder)).map_err(refused)?;
        fs::rename(contents.join(file), &found).map_err(refused)?;
        let _ = fs::remove_dir_all(&parts);
    }
    Ok(found)
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
    apt_get_in(Path::new("/"), words)
}

/// `apt-get download` writes to the current folder.
fn apt_get_in(folder: &Path, words: &[&str]) -> Result<(), String> {
    let mut command = Command::new("apt-get");
    command
        .current_dir(folder)
        .args(["-q", "-o", "DPkg::Lock::Timeout=60"])
        .args(words)
        .env("DEBIAN_FRONTEND", "noninteractive");
    let output = command.output().map_err(|error| format!("cannot start apt-get: {error}"))?;
    let words = words.join(" ");
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if output.status.success() { Ok(()) } else { Err(format!("`apt-get {words}`: {said}")) }
}
