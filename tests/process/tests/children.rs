//! Tests programs that inherit variables of the shutdown: a child of a program that has hooks starts, works, and leaves
//! the report of its parent alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use process::{Ended, Program, Signal};

const MODE: &str = "ON_SHUTDOWN";
const GRACE_PERIOD: &str = "ON_SHUTDOWN_GRACE_PERIOD";
const HOOKS: &str = "ON_SHUTDOWN_HOOKS";
const REPORT: &str = "ON_SHUTDOWN_REPORT";

const IDLE: &str = env!("CARGO_BIN_EXE_idle");
const PARENT: &str = env!("CARGO_BIN_EXE_starts_child");

/// A program that starts the command as its child, and stops the child in a hook.
fn parent_of(command: &[&str]) -> Program {
    command.iter().fold(Program::new(PARENT).arg("stops"), Program::arg)
}

/// Stops the parent when `idle`, its last descendant, is ready.
fn stopped(parent: Program) -> Ended {
    let mut parent = parent.start();
    parent.signal(Signal::SIGTERM);
    parent.wait()
}

/// Runs the lines in a shell, with `idle` as `$0`.
fn script(lines: &str) -> Program {
    let mut command = Command::new("sh");
    command.args(["-c", lines, IDLE]);
    Program::of(command)
}

/// Creates an empty folder for one test.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("children").join(test);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the folder is ours");
    folder
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the target folder is text")
}

/// Returns the names of the files in the folder, each with the hooks that its report names.
fn reports(folder: &Path) -> Vec<(String, Vec<&'static str>)> {
    let entries = fs::read_dir(folder).expect("it is a folder").map(|entry| entry.expect("it is there").path());
    let report = |path: PathBuf| {
        let report = fs::read_to_string(&path).expect("text");
        let hooks = ["stop_child", " hook "].into_iter().filter(|hook| report.contains(hook)).collect();
        (path.file_name().expect("a file").to_string_lossy().into_owned(), hooks)
    };
    let mut reports: Vec<_> = entries.map(report).collect();
    reports.sort_by_key(|(name, _)| (name.len(), name.clone()));
    reports
}

/// Returns the ids of the children, from the outermost to the innermost.
fn children(ended: &Ended) -> Vec<&str> {
    ended.out.iter().filter_map(|line| line.strip_prefix("child ")).collect()
}

#[test]
fn spec_3_30_a_child_that_inherits_changes_of_its_parents_hooks_starts_and_has_one_warning() {
    let value = "starts_child::stop_child timeout=3s priority=2";
    let ended = stopped(parent_of(&[IDLE]).env(HOOKS, value));
    ended.assert_code(0).assert_order(&["ready", "hook", "the child ended: exit status: 0"]);
    let expected = "on-shutdown: `ON_SHUTDOWN_HOOKS`: `starts_child::stop_child timeout=3s priority=2` has no effect: \
                    this program has no hooks of a crate `starts_child`; if the entry is not for another program, link \
                    the crate with `use starts_child as _;`, or name a hook that `ON_SHUTDOWN=plan` lists";
    let warnings: Vec<_> = ended.err.iter().filter(|line| line.contains("has no effect")).collect();
    assert_eq!(warnings, [expected], "{ended}");
}

#[test]
fn spec_3_30_a_child_writes_its_report_beside_that_of_its_parent() {
    let folder = folder("beside");
    let path = folder.join("stop.txt");
    let ended = stopped(parent_of(&[PARENT, "stops", IDLE]).env(REPORT, text(&path)));
    ended.assert_code(0);
    let [child, grandchild] = children(&ended)[..] else { panic!("two children\n{ended}") };
    let expected = [
        ("stop.txt".to_owned(), vec!["stop_child"]),
        (format!("stop.{child}.txt"), vec!["stop_child"]),
        (format!("stop.{grandchild}.txt"), vec![" hook "]),
    ];
    let mut expected = Vec::from(expected);
    expected.sort_by_key(|(name, _)| (name.len(), name.clone()));
    assert_eq!(reports(&folder), expected, "{ended}");
    let said = |pid| {
        let line = format!("the report goes to {}, because process ", text(&folder.join(format!("stop.{pid}.txt"))));
        ended.err.iter().filter(|other| other.contains(&line)).count()
    };
    assert_eq!((said(child), said(grandchild)), (1, 1), "{ended}");
    let why = format!(", which started this program, writes its report to {}; write `{{pid}}` in", text(&path));
    ended.assert_err(&why).assert_err(&format!("because process {child}, which started"));
}

#[test]
fn spec_3_30_a_shell_between_a_program_and_its_parent_changes_nothing() {
    let folder = folder("shell");
    let path = folder.join("stop.txt");
    let shell = ["waits", "sh", "-c", "\"$0\"; exit $?", env!("CARGO_BIN_EXE_without_hooks")];
    let ended = shell.iter().fold(Program::new(PARENT), Program::arg).env(REPORT, text(&path)).run();
    ended.assert_code(0).assert_out("the child ended: exit status: 0").assert_err("the report goes to ");
    let [own, beside] = &reports(&folder)[..] else { panic!("two reports\n{ended}") };
    assert_eq!(*own, ("stop.txt".to_owned(), vec!["stop_child"]));
    assert_eq!(beside.1, [""; 0], "{beside:?}");
}

#[test]
fn spec_3_30_a_quiet_child_writes_its_report_and_nothing_else() {
    let folder = folder("quiet");
    let program = Program::new(PARENT).arg("waits").arg(env!("CARGO_BIN_EXE_main_settings")).arg("quiet");
    let ended = program.env(REPORT, text(&folder.join("stop.txt"))).run();
    ended.assert_code(0).assert_out("the child ended: exit status: 0").assert_no_err("the report goes to");
    assert_eq!(reports(&folder).len(), 2, "{ended}");
}

#[test]
fn spec_3_30_the_process_id_in_the_path_gives_each_program_its_own_report() {
    let folder = folder("placeholder");
    let path = folder.join("{pid}.txt");
    let ended = stopped(parent_of(&[IDLE]).env(REPORT, text(&path)));
    ended.assert_code(0).assert_no_err("the report goes to");
    let names = reports(&folder);
    assert_eq!(names.len(), 2, "{names:?}\n{ended}");
    let [child] = children(&ended)[..] else { panic!("one child\n{ended}") };
    assert!(names.contains(&(format!("{child}.txt"), vec![" hook "])), "{names:?}\n{ended}");
    assert!(names.iter().any(|(_, hooks)| *hooks == ["stop_child"]), "{names:?}\n{ended}");
}

/// Neither has a parent that writes to the same file: a shell has no report, and the other child got a path of its own.
#[test]
fn spec_3_30_a_program_whose_parent_does_not_write_to_its_file_writes_to_it() {
    let folder = folder("exact");
    let path = folder.join("stop.txt");
    let shell = script("\"$0\" & echo \"pid $!\"; wait $!").env(REPORT, text(&path)).start();
    let pid = shell.out_line("pid ");
    let pid = pid.trim_start_matches("pid ").parse().map(nix::unistd::Pid::from_raw).expect("a pid");
    nix::sys::signal::kill(pid, Signal::SIGTERM).expect("it still lives");
    shell.wait().assert_code(0).assert_no_err("the report goes to");
    assert_eq!(reports(&folder), [("stop.txt".to_owned(), vec![" hook "])]);

    let (own, ended) = (folder.join("own.txt"), parent_of(&[IDLE]).env(REPORT, text(&path)));
    let ended = stopped(ended.env("CHILD_ENV", &format!("{REPORT}={}", text(&own))));
    ended.assert_code(0).assert_no_err("the report goes to");
    let expected = [("own.txt".to_owned(), vec![" hook "]), ("stop.txt".to_owned(), vec!["stop_child"])];
    assert_eq!(reports(&folder), expected, "{ended}");
}

#[test]
fn spec_3_30_the_plan_of_a_child_shows_where_its_report_goes_and_check_does_not_fail_for_it() {
    let path = folder("shown").join("stop.txt");
    for mode in ["plan", "check"] {
        let parent = Program::new(PARENT).arg("waits").arg(IDLE).env(REPORT, text(&path));
        let ended = parent.env("CHILD_ENV", &format!("{MODE}={mode}")).run();
        ended.assert_code(0).assert_out("info: the report goes to ").assert_out("the child ended: exit status: 0");
    }
}

#[test]
fn spec_3_30_a_child_has_the_grace_period_of_its_parent_unless_its_parent_sets_another() {
    let said = "grace period 20 s (from ON_SHUTDOWN_GRACE_PERIOD)";
    let grace_periods = |ended: &Ended| ended.err.iter().filter(|line| line.contains(said)).count();
    let ended = stopped(parent_of(&[IDLE]).env(GRACE_PERIOD, "20s"));
    assert_eq!(grace_periods(&ended), 2, "{ended}");
    let ended = stopped(parent_of(&[IDLE]).env(GRACE_PERIOD, "20s").env("CHILD_ENV", &format!("{GRACE_PERIOD}=3s")));
    assert_eq!(grace_periods(&ended), 1, "{ended}");
    ended.assert_err("grace period 3 s (from ON_SHUTDOWN_GRACE_PERIOD)");
}

/// The variable asks every program that inherits it. None of them works.
#[test]
fn spec_3_22_each_program_of_a_script_prints_its_plan() {
    let ended = script("\"$0\" && \"$0\"").env(MODE, "plan").run();
    ended.assert_code(0);
    let plans = ended.out.iter().filter(|line| line.starts_with("shutdown plan: 1 hook, ")).count();
    assert_eq!((plans, ended.out.iter().any(|line| line == "ready")), (2, false), "{ended}");
}

#[test]
fn spec_3_22_a_child_that_starts_before_the_install_of_its_parent_prints_its_plan_as_well() {
    let ended = Program::new(PARENT).arg("before-install").arg(IDLE).env(MODE, "plan").run();
    ended.assert_code(0).assert_out("the child ended: exit status: 0");
    let plans = ended.out.iter().filter(|line| line.starts_with("shutdown plan: 1 hook, ")).count();
    assert_eq!((plans, ended.out.iter().any(|line| line == "ready")), (2, false), "{ended}");
}
