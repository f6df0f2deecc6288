//! Runs each recipe, stops it by a real signal, and looks at what it leaves behind.

use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::path::PathBuf;

use process::{Ended, Program, Running, Signal};

/// A folder of this test alone, which does not exist yet.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("on-shutdown-cookbook-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    folder
}

fn stop(mut running: Running) -> Ended {
    running.signal(Signal::SIGTERM);
    running.wait()
}

#[test]
fn own_files_are_removed_and_the_next_process_can_start() {
    let state = folder("own-files");
    for _ in 0..2 {
        let running = Program::new(env!("CARGO_BIN_EXE_own_files")).arg(&state).start();
        assert!(fs::metadata(state.join("socket")).expect("it exists").file_type().is_socket());
        // A second one is refused, and removes nothing of the first.
        Program::new(env!("CARGO_BIN_EXE_own_files")).arg(&state).run().assert_code(1).assert_err("File exists");
        assert!(state.join("lock").exists() && state.join("socket").exists());
        stop(running).assert_code(0);
        assert_eq!(fs::read_dir(&state).expect("the folder stays").count(), 0);
    }
    // A start that fails leaves no lock: a path of a socket is shorter than 108 bytes.
    let long = state.join("x".repeat(120));
    Program::new(env!("CARGO_BIN_EXE_own_files")).arg(&long).run().assert_code(1).assert_err("path");
    assert_eq!(fs::read_dir(&long).expect("it was made").count(), 0);
    let _ = fs::remove_dir(&long);
    // A file that cannot be removed does not hide why the start failed.
    fs::create_dir_all(state.join("socket/other")).expect("a folder in the place of the socket");
    let refused = Program::new(env!("CARGO_BIN_EXE_own_files")).arg(&state).run();
    refused.assert_code(1).assert_err("Address already in use").assert_err("and what was made is left behind: ");
    assert!(!state.join("lock").exists() && !state.join("work").exists());
    let _ = fs::remove_dir_all(&state);
}

/// Whether a process has this command line, apart from the test itself.
fn runs(text: &str) -> bool {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let lines = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
    lines.into_iter().any(|line| String::from_utf8_lossy(&line).contains(text))
}

#[test]
fn children_end_with_what_they_have_started_and_a_stubborn_one_is_killed() {
    let running = Program::new(env!("CARGO_BIN_EXE_child_processes")).start();
    running.out_line("the child waits");
    let ended = stop(running);
    ended.assert_code(0).assert_out("bye").assert_out("a child has ended: exit status: ");
    let running = Program::new(env!("CARGO_BIN_EXE_child_processes")).arg("stubborn").start();
    running.out_line("the child waits");
    running.out_line("the stubborn child waits");
    let ended = stop(running);
    ended.assert_code(0).assert_out("bye").assert_out("signal: 9 (SIGKILL)").assert_err("1 completed");
    assert!(!runs("echo the stubborn child waits; while"), "the stubborn child is gone");
}

#[test]
fn a_job_continues_at_its_checkpoint() {
    let path = folder("checkpoint");
    let program = || Program::new(env!("CARGO_BIN_EXE_checkpoint")).arg(&path);
    let running = program().start();
    running.out_line("step 2 is done");
    let ended = stop(running);
    ended.assert_code(0);
    let saved: u64 = fs::read_to_string(&path).expect("the checkpoint").trim().parse().expect("a number");
    assert!(saved >= 3, "{ended}");
    ended.assert_out(&format!("step {} is done", saved - 1)).assert_out(&format!("saved step {saved}"));
    let running = program().start();
    running.out_line(&format!("ready at step {saved}"));
    let ended = stop(running);
    assert!(!ended.out.contains(&format!("step {} is done", saved - 1)), "{ended}");
    fs::write(&path, "99").expect("the folder is ours");
    program().run().assert_code(0).assert_out("step 99 is done").assert_out("the job is done");
    assert!(!path.exists());
    // A checkpoint that cannot be read is an error, and is not overwritten.
    fs::write(&path, "many").expect("the folder is ours");
    program().run().assert_code(1).assert_err("invalid digit");
    assert_eq!(fs::read_to_string(&path).expect("it stays"), "many");
    let _ = fs::remove_file(path);
}

/// Returns the numbers in the lines that begin and end so.
fn numbers(ended: &Ended, begin: &str, end: &str) -> Vec<u32> {
    let between = |line: &String| line.strip_prefix(begin)?.strip_suffix(end)?.parse().ok();
    ended.out.iter().filter_map(between).collect()
}

#[test]
fn a_job_that_has_begun_ends_and_no_other_begins() {
    let running = Program::new(env!("CARGO_BIN_EXE_scheduler")).start();
    running.out_line("job 2 has begun");
    let ended = stop(running);
    ended.assert_code(0).assert_out("no further job begins");
    let (begun, done) = (numbers(&ended, "job ", " has begun"), numbers(&ended, "job ", " is done"));
    assert_eq!(begun, done, "{ended}");
    let last = ended.out.iter().position(|line| line == "no further job begins");
    assert!(ended.out.iter().rposition(|line| line.ends_with("has begun")) < last, "{ended}");
}

#[test]
fn each_picture_that_was_accepted_is_done() {
    let running = Program::new(env!("CARGO_BIN_EXE_thread_pool")).start();
    running.out_line("picture 3 is done");
    let ended = stop(running);
    ended.assert_code(0);
    let accepted = numbers(&ended, "", " pictures were accepted");
    let mut done = numbers(&ended, "picture ", " is done");
    done.sort_unstable();
    assert_eq!(done, (1..=accepted[0]).collect::<Vec<_>>(), "{ended}");
}

#[test]
fn the_last_lines_are_in_the_log_file() {
    let folder = folder("log");
    stop(Program::new(env!("CARGO_BIN_EXE_log_file")).arg(&folder).start()).assert_code(0);
    let log = fs::read_to_string(folder.join("service.log")).expect("the log");
    for line in ["the service has started", "the service stops", "the pool is closed"] {
        assert!(log.contains(line), "{line}\n{log}");
    }
    let _ = fs::remove_dir_all(folder);
}

#[test]
fn one_subcommand_is_a_service_and_the_others_are_commands() {
    let program = || Program::new(env!("CARGO_BIN_EXE_subcommands"));
    let ended = stop(program().arg("serve").arg("--grace-period").arg("20").start());
    ended.assert_code(0).assert_out("the pool is closed").assert_err("grace period 20 s (set by the program)");
    let ended = program().arg("migrate").run();
    ended.assert_code(0).assert_out("the database is up to date").assert_no_err("on-shutdown");
    assert!(!ended.out.iter().any(|line| line == "the pool is closed"), "{ended}");
    program().arg("serv").run().assert_code(2).assert_err("unrecognized subcommand 'serv'");
}
