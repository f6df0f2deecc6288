//! Tests paths to which the runtime cannot write the report, or at which a file exists: the shutdown continues, and one
//! line on stderr has the reason.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use process::{Ended, Program};

use crate::{BADLY, REPORT, WELL, folder, names_in, read, reporting_to, stopped};

/// The id of `nobody`, who owns nothing.
const NOBODY: u32 = 65_534;

/// Asserts that every hook ran, that the exit code is unchanged, and that one line has the reason.
#[track_caller]
fn assert_went_on(ended: &Ended, path: &Path, why: &str) {
    ended.assert_code(0).assert_err("4 completed");
    ended.assert_err(&format!("on-shutdown: cannot write the report to {}: {why}", path.display()));
    ended.assert_no_err("panicked");
}

#[test]
fn a_directory() {
    let folder = folder("directory");
    let path = folder.join("report.json");
    fs::create_dir(&path).expect("a folder");
    assert_went_on(&stopped(reporting_to(WELL, &path)), &path, "the path is not a regular file");
    assert_eq!(names_in(&folder), ["report.json"]);
    assert!(names_in(&path).is_empty());
}

#[test]
fn a_folder_that_is_not_there() {
    let path = folder("absent").join("nowhere").join("report.txt");
    assert_went_on(&stopped(reporting_to(WELL, &path)), &path, "No such file or directory");
}

#[test]
fn the_exit_code_of_a_bad_shutdown_stays_what_it_is() {
    let path = folder("absent-badly").join("nowhere").join("report.json");
    let ended = stopped(reporting_to(BADLY, &path));
    ended
        .assert_code(124)
        .assert_err("cannot write the report to")
        .assert_err("3 completed, 1 failed, 1 panicked, 2 timed out, 2 skipped");
}

#[test]
fn a_folder_in_which_we_may_not_write() {
    // Other users must be able to enter the folder and to start the program.
    let folder = std::env::temp_dir().join(format!("on-shutdown-report-{}", std::process::id()));
    let (program, locked) = (folder.join("report_well"), folder.join("locked"));
    fs::create_dir_all(&locked).expect("a folder");
    fs::copy(WELL, &program).expect("a copy");
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
    mode(&folder, 0o755);
    mode(&program, 0o755);
    mode(&locked, 0o555);
    let mut command = Command::new(&program);
    if nix::unistd::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    let path = locked.join("report.txt");
    let ended = stopped(Program::of(command).env(REPORT, path.to_str().expect("text")));
    let left = names_in(&locked);
    fs::remove_dir_all(&folder).expect("it is ours");
    assert_went_on(&ended, &path, "Permission denied");
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_symbolic_link_whose_target_is_not_touched() {
    let folder = folder("symlink");
    let (path, target, absent) = (folder.join("report.json"), folder.join("target"), folder.join("dangling.json"));
    fs::write(&target, "kept").expect("a file");
    symlink(&target, &path).expect("a link");
    symlink(folder.join("never made"), &absent).expect("a link");
    for link in [&path, &absent] {
        assert_went_on(&stopped(reporting_to(WELL, link)), link, "the path is a symbolic link");
        assert!(fs::symlink_metadata(link).expect("it is there").is_symlink());
    }
    assert_eq!(read(&target), "kept");
    assert_eq!(names_in(&folder), ["dangling.json", "report.json", "target"]);
}

#[test]
fn a_full_disk() {
    let folder = folder("full");
    let path = folder.join("report.json");
    // A full disk of one page. Only this program sees it, and it disappears with the program.
    let script = "mount -t tmpfs -o size=4k none \"$1\" && head -c 4096 /dev/zero > \"$1/full\" || exit 99
        ON_SHUTDOWN_REPORT=\"$1/report.json\" \"$2\" returns; code=$?; ls -A \"$1\"; exit $code";
    let mut unshare = Command::new("unshare");
    unshare.args(["-r", "-m", "sh", "-c", script, "sh"]).arg(&folder).arg(WELL);
    let may = Command::new("unshare").args(["-r", "-m", "true"]).status();
    if !may.as_ref().is_ok_and(std::process::ExitStatus::success) {
        println!("skipped: no mounts of our own on this machine (unshare -r -m: {may:?})");
        return;
    }
    let ended = Program::of(unshare).run();
    assert_went_on(&ended, &path, "No space left on device");
    let after: Vec<&String> = ended.out.iter().filter(|line| *line != "ready").collect();
    assert_eq!(after, ["full"], "a part of the report was left\n{ended}");
}

#[test]
fn an_existing_file_is_replaced_and_not_overwritten() {
    let folder = folder("replaced");
    let path = folder.join("report.json");
    fs::write(&path, "the last report").expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("it is ours");
    fs::hard_link(&path, folder.join("kept.json")).expect("a second name");
    let mut reader = File::open(&path).expect("it is there");
    stopped(reporting_to(WELL, &path)).assert_code(0).assert_no_err("cannot write the report");
    let mut seen = String::new();
    reader.read_to_string(&mut seen).expect("it is readable");
    assert_eq!((seen.as_str(), read(&folder.join("kept.json")).as_str()), ("the last report", "the last report"));
    assert!(read(&path).contains("\"exit_code\": 0"));
    assert_eq!(fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o600);
    assert_eq!(names_in(&folder), ["kept.json", "report.json"]);
}

/// In a container every program has process id 1. The temporary file of a killed program must not block later programs.
#[test]
fn the_temporary_file_of_a_killed_process_with_the_same_id_is_replaced() {
    let folder = folder("left");
    let (path, target) = (folder.join("report.json"), folder.join("target"));
    fs::write(&target, "kept").expect("a file");
    let mut running = reporting_to(WELL, &path).start();
    symlink(&target, folder.join(format!("report.json.{}.tmp", running.pid()))).expect("a link");
    running.signal(process::Signal::SIGTERM);
    running.wait().assert_code(0).assert_no_err("cannot write the report");
    assert!(read(&path).contains("\"exit_code\": 0"));
    assert_eq!(read(&target), "kept");
    assert_eq!(names_in(&folder), ["report.json", "target"]);
}

/// The path counts from the working directory at the start, also if the program changes the directory later.
#[test]
fn a_relative_path_counts_from_the_working_directory_at_the_start() {
    let folder = folder("relative");
    let mut command = Command::new(WELL);
    command.current_dir(&folder).arg("returns");
    Program::of(command).env(REPORT, "report.json").run().assert_code(0).assert_no_err("cannot write the report");
    assert_eq!(names_in(&folder), ["report.json"]);
}
