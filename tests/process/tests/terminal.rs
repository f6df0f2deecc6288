//! Tests a terminal whose output is stopped (`Ctrl-S`, a suspended session): it takes lines of stderr until its buffer is
//! full.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::process::Command;
use std::time::{Duration, Instant};

use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, poll};
use nix::pty::{PtyMaster, grantpt, posix_openpt, ptsname_r, unlockpt};
use process::Program;

fn is_writable(file: &File, millis: u8) -> bool {
    let mut polled = [PollFd::new(file.as_fd(), PollFlags::POLLOUT)];
    poll(&mut polled, millis).expect("it can be polled") > 0
}

/// Opens a terminal with room for less than 4000 bytes. Returns it and its path.
fn almost_full() -> (PtyMaster, String) {
    let mut master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC).expect("a terminal");
    grantpt(&master).and_then(|()| unlockpt(&master)).expect("it is ours");
    let path = ptsname_r(&master).expect("it has a path");
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
