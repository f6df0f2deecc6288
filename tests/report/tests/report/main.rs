//! Tests the report as a file. A parser reads every format, and the tests compare the result with the outcomes. A path
//! to which the runtime cannot write does not change the shutdown.

use std::fs;
use std::path::{Path, PathBuf};

use process::{Ended, Program, Signal};

mod forms;
mod picture;
mod places;
mod reader;
mod refused;

const REPORT: &str = "ON_SHUTDOWN_REPORT";
const WELL: &str = env!("CARGO_BIN_EXE_report_well");
const BADLY: &str = env!("CARGO_BIN_EXE_report_badly");
const CUT_OFF: &str = env!("CARGO_BIN_EXE_report_cut_off");
const MAX_DRAIN_TIME: &str = env!("CARGO_BIN_EXE_report_max_drain_time");
const MANY: &str = env!("CARGO_BIN_EXE_report_many");
const MAIN_FAILS: &str = env!("CARGO_BIN_EXE_report_main_fails");
const NEW_WORK: &str = env!("CARGO_BIN_EXE_report_new_work");
const NO_HOOKS: &str = env!("CARGO_BIN_EXE_report_no_hooks");
const TASK_FAILS: &str = env!("CARGO_BIN_EXE_report_task_fails");

/// Creates an empty folder for one test.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report").join(test);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the folder is ours");
    folder
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("it is a folder");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("it is there").file_name().into_string().expect("text")).collect();
    names.sort();
    names
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

fn reporting_to(program: &str, path: &Path) -> Program {
    Program::new(program).env(REPORT, path.to_str().expect("text"))
}

/// Starts the program, and stops it with SIGTERM as soon as it is ready.
fn stopped(program: Program) -> Ended {
    let mut running = program.start();
    running.signal(Signal::SIGTERM);
    running.wait()
}

/// Starts the program that reports to `path` and never ends by itself, and forces its end with three SIGINT.
fn forced(path: &Path) -> Ended {
    let mut program = reporting_to(BADLY, path).arg("endless").start();
    program.signal(Signal::SIGINT);
    program.out_line("flushing");
    // A signal within the first second counts as the same request. The hooks before took longer than a second.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    program.signal(Signal::SIGINT);
    program.err_line("SIGINT again");
    program.signal(Signal::SIGINT);
    program.wait()
}
