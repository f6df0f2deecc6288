//! Tests a terminal whose output is stopped (`Ctrl-S`, a suspended session): it takes lines of stderr until its buffer is
//! full. Tests also a terminal that is closed, as by the end of an ssh session: the program gets SIGHUP, and every write
//! fails.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, poll};
use nix::pty::{PtyMaster, grantpt, posix_openpt, ptsname_r, unlockpt};
use process::{Ended, LIMIT, Program, Signal};

fn is_writable(file: &File, millis: u8) -> bool {
    let mut polled = [PollFd::new(file.as_fd(), PollFlags::POLLOUT)];
    poll(&mut polled, millis).expect("it can be polled") > 0
}

/// Opens a terminal. Returns it and its path.
fn open() -> (PtyMaster, String) {
    let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC).expect("a terminal");
    grantpt(&master).and_then(|()| unlockpt(&master)).expect("it is ours");
    let path = ptsname_r(&master).expect("it has a path");
    (master, path)
}

/// Opens a terminal with room for less than 4000 bytes. Returns it and its path.
fn almost_full() -> (PtyMaster, String) {
    let (mut master, path) = open();
    let flags = nix::libc::O_NONBLOCK | nix::libc::O_NOCTTY;
    let mut file = File::options().write(true).custom_flags(flags).open(&path).expect("it can be opened");
    // The kernel moves text from one buffer to the next, so room may appear a moment later.
    while is_writable(&file, 20) {
        let _ = file.write(&[b'.'; 256]);
    }
    while !is_writable(&file, 1) {
        master.read_exact(&mut [0]).expect("it is full");
    }
    (master, path)
}

/// Runs the program with room for only a part of its first line.
fn ends_in_time(variant: &str) {
    let (_master, path) = almost_full();
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("exec {} long-line {variant} 2>{path}", env!("CARGO_BIN_EXE_ends")));
    let start = Instant::now();
    let ended = Program::of(command).run();
    ended.assert_code(124).assert_order(&["hook", "last"]);
    // The last resort would end it after 8.5 s, without `last`.
    assert!(start.elapsed() < Duration::from_secs(8), "{:?} {ended}", start.elapsed());
}

#[test]
fn spec_3_14_a_terminal_with_room_for_a_part_of_a_line_holds_up_neither_the_supervisor_nor_the_end() {
    ends_in_time("");
}

#[test]
fn spec_3_27_nor_does_it_if_the_program_has_no_descriptor_left() {
    ends_in_time("no-descriptors");
}

/// Runs `closed_terminal` in a terminal of its own, and closes the terminal when the program is ready. Returns the end of
/// the program, and what its hooks have written to a file.
fn ends_with_its_terminal(variant: &str) -> (Ended, String) {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("closed-terminal-{variant}"));
    let _ = std::fs::remove_file(&file);
    let (mut master, path) = open();
    let mut command = Command::new("sh");
    // The program leads a session, and this terminal is the one that controls it.
    command.args([
        "-c",
        "exec setsid --ctty \"$@\" <\"$0\" >\"$0\" 2>&1",
        &path,
        env!("CARGO_BIN_EXE_closed_terminal"),
    ]);
    let program = Program::of(command).arg(variant).arg(&file).spawn();
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("ready") {
        let limit = u16::try_from(LIMIT.as_millis()).expect("a minute");
        let mut polled = [PollFd::new(master.as_fd(), PollFlags::POLLIN)];
        assert!(poll(&mut polled, limit).expect("it can be polled") > 0, "{:?}", String::from_utf8_lossy(&seen));
        let mut text = [0; 1024];
        let length = master.read(&mut text).expect("the program has the terminal");
        seen.extend_from_slice(&text[..length]);
    }
    drop(master);
    (program.wait(), std::fs::read_to_string(file).unwrap_or_default())
}

#[test]
fn spec_3_18_with_sighup_in_the_set_a_closed_terminal_runs_the_hooks() {
    let (ended, written) = ends_with_its_terminal("hangup");
    ended.assert_code(0);
    assert_eq!(written, "flushed\nclosed\n", "{ended}");
}

#[test]
fn spec_3_18_without_sighup_in_the_set_a_closed_terminal_kills_the_program() {
    let (ended, written) = ends_with_its_terminal("default");
    assert_eq!((ended.signal, written.as_str()), (Some(Signal::SIGHUP as i32), ""), "{ended}");
}

/// `println!` panics if its write fails.
#[test]
fn a_hook_that_prints_to_a_closed_terminal_fails_and_the_others_run() {
    let (ended, written) = ends_with_its_terminal("prints");
    ended.assert_code(70);
    assert_eq!(written, "flushed\n", "{ended}");
}
