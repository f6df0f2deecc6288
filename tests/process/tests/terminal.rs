//! A terminal on which nobody reads (`Ctrl-S`, a suspended session) takes the lines of stderr until it is full.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::process::Command;
use std::time::Duration;

use nix::fcntl::OFlag;
use nix::pty::{PtyMaster, grantpt, posix_openpt, ptsname_r, unlockpt};
use process::Program;

/// A little longer than the line of the program's.
const LINE: usize = 4000;

/// A terminal, the path to it, and a way to write to it without blocking.
fn terminal() -> (PtyMaster, String, File) {
    let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC).expect("a terminal");
    grantpt(&master).and_then(|()| unlockpt(&master)).expect("it is ours");
    let path = ptsname_r(&master).expect("it has a path");
    let flags = nix::libc::O_NONBLOCK | nix::libc::O_NOCTTY;
    let file = File::options().write(true).custom_flags(flags).open(&path).expect("it can be opened");
    (master, path, file)
}

/// Writes this much, and then whole lines. Returns the number of lines, if after them there is room for a part of one.
fn lines_before_a_part(already: usize) -> Option<usize> {
    let (_master, _path, mut file) = terminal();
    file.write_all(&vec![b'.'; already]).expect("there is room");
    for lines in 0.. {
        match file.write(&[b'.'; LINE]) {
            Ok(LINE) => {}
            Ok(1..=3000) => return Some(lines),
            Ok(_) | Err(_) => return None,
        }
    }
    None
}

/// Runs the program with room for a part of its first line.
fn ends_in_time(variant: &str) {
    let found = (0..200).map(|number| number * 31).find_map(|already| Some((already, lines_before_a_part(already)?)));
    let (already, lines) = found.expect("a terminal that takes a part of a line");
    let (_master, path, mut file) = terminal();
    file.write_all(&vec![b'.'; already]).expect("there is room");
    (0..lines).for_each(|_| file.write_all(&[b'.'; LINE]).expect("there is room"));
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("exec {} long-line {variant} 2>{path}", env!("CARGO_BIN_EXE_ends")));
    let start = std::time::Instant::now();
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
