//! Builds an image with a real systemd from Debian's packages, once per machine.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use nix::fcntl::{Flock, FlockArg};

use crate::binary::target_tmp;
use crate::docker::{docker, unique};
use crate::{Unavailable, debian};

/// The number rises with every change of what the image holds. It has no label of ours, so that no run removes it.
const NAME: &str = "on-shutdown-systemd-root:1";

const SUITE: &str = "bookworm";
const PACKAGES: &str = "systemd,systemd-sysv,dbus,procps";
/// In seconds; one minute on a quiet machine with a near mirror.
const LIMIT: &str = "900";
/// Files that no test reads.
const LEFT_OUT: [&str; 7] = [
    "./dev",
    "./usr/share/doc",
    "./usr/share/info",
    "./usr/share/locale",
    "./usr/share/man",
    "./var/cache/apt",
    "./var/lib/apt/lists",
];

/// Returns the image's name. The first test of any run builds the image, and the others wait.
pub(super) fn image() -> Result<&'static str, Unavailable> {
    let refused = |why: String| Unavailable::new("a root for systemd", why);
    let lock = std::env::temp_dir().join("on-shutdown-tests-systemd-root.lock");
    let lock = File::create(lock).map_err(|error| refused(format!("its lock: {error}")))?;
    let _lock =
        Flock::lock(lock, FlockArg::LockExclusive).map_err(|(_, error)| refused(format!("its lock: {error}")))?;
    if docker(["image", "inspect", "--format", "{{.Id}}", NAME]).is_err() {
        build().map_err(refused)?;
    }
    Ok(NAME)
}

fn build() -> Result<(), String> {
    debian::install("debootstrap", || Path::new("/usr/sbin/debootstrap").exists())?;
    // Removed also where the building fails; where it is killed, an hour later.
    let folder = target_tmp()?.join(unique("systemd-root"));
    let built = debootstrap(&folder).and_then(|()| import(&folder));
    let removed = fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()));
    built.and(removed)
}

fn debootstrap(folder: &Path) -> Result<(), String> {
    let mut command = Command::new("timeout");
    command.args([LIMIT, "/usr/sbin/debootstrap", "--variant=minbase", &format!("--include={PACKAGES}"), SUITE]);
    let output = command.arg(folder).output().map_err(|error| format!("cannot start `timeout`: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    // It prints its errors on stdout.
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let last: Vec<&str> = said.lines().rev().take(5).collect();
    Err(format!("debootstrap ({}): {}", output.status, last.into_iter().rev().collect::<Vec<_>>().join("; ")))
}

fn import(folder: &Path) -> Result<(), String> {
    let mut tar = Command::new("tar");
    tar.arg("--directory").arg(folder).args(LEFT_OUT.map(|path| format!("--exclude={path}"))).args(["--create", "."]);
    let mut tar = tar.stdout(Stdio::piped()).spawn().map_err(|error| format!("cannot start tar: {error}"))?;
    let root = tar.stdout.take().ok_or("tar has no stdout")?;
    let mut docker = Command::new("docker");
    docker.args(["import", "--change", r#"CMD ["/sbin/init"]"#, "-", NAME]);
    let output = docker.stdin(root).output().map_err(|error| format!("cannot start docker: {error}"))?;
    // It holds the pipe, without which tar ends where docker has refused.
    drop(docker);
    let packed = tar.wait().map_err(|error| format!("tar: {error}"))?;
    if packed.success() && output.status.success() {
        return Ok(());
    }
    Err(format!("tar ({packed}), docker import: {}", String::from_utf8_lossy(&output.stderr).trim()))
}
