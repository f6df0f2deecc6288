//! Tests the descriptions of states that no real thread reaches in a test.

use std::fs::File;
use std::net::TcpListener;
use std::os::fd::AsRawFd;

use nix::libc;

use super::super::proc_dir::SocketTables;
use super::*;
use crate::inspect::linux::syscall::{ThreadState, parse_state};
use crate::inspect::wait_tests::{TestResult, temp_path};

fn stat(state: char) -> Option<Stat> {
    Stat::parse(&format!("7 (worker) {state} 1 1 1 0 -1 0 0 0 0 0 490 2 0 0 20 0 1 0 1 1"))
}

fn text(state: char, number: libc::c_long, arguments: &str) -> Option<String> {
    match parse_state(&format!("{number} {arguments} 0x7ffd 0x7f20"))? {
        ThreadState::InSyscall(call) => Some(in_syscall(&call, &stat(state)?, None)),
        ThreadState::Running | ThreadState::OutsideSyscall => None,
    }
}

#[test]
fn spec_3_23_a_call_is_described_by_its_arguments_alone() {
    let nothing = "0x0 0x0 0x0 0x0 0x0 0x0";
    let text = |number, first: &str| text('S', number, &nothing.replacen("0x0", first, 1)).unwrap_or_default();
    assert_eq!(text(libc::SYS_read, "0x9"), "waiting in read on fd 9");
    assert_eq!(text(libc::SYS_connect, "0x9"), "waiting in connect on fd 9");
    assert_eq!(text(libc::SYS_close, "0x9"), "waiting in close of fd 9");
    assert_eq!(text(libc::SYS_sendfile, "0x9"), "waiting in sendfile on fd 9, fd 0");
    assert_eq!(text(libc::SYS_clock_nanosleep, "0x0"), "sleeping in clock_nanosleep");
    assert_eq!(text(libc::SYS_futex, "0x7f00"), "waiting in futex, for a lock or another thread");
    assert_eq!(text(libc::SYS_openat, "0xffffff9c"), "waiting in openat");
    assert_eq!(text(libc::SYS_wait4, "0xffffffff"), "waiting in wait4 for any child");
    assert_eq!(text(libc::SYS_wait4, "0x4d2"), "waiting in wait4 for child 1234");
    assert_eq!(text(libc::SYS_wait4, "0xfffffb2e"), "waiting in wait4 for a child of process group 1234");
    assert_eq!(text(libc::SYS_ppoll, "0x7f00"), "sleeping in ppoll");
    assert_eq!(text(999_999, "0x1"), "waiting in an unknown system call 999999");
}

#[test]
fn spec_3_23_waitid_names_the_kind_of_child() {
    let text =
        |kind, number| text('S', libc::SYS_waitid, &format!("{kind} {number} 0x0 0x0 0x0 0x0")).unwrap_or_default();
    assert_eq!(text("0x0", "0x0"), "waiting in waitid for any child");
    assert_eq!(text("0x1", "0x4d2"), "waiting in waitid for child 1234");
    assert_eq!(text("0x2", "0x0"), "waiting in waitid for a child of its own process group");
    assert_eq!(text("0x2", "0x4d2"), "waiting in waitid for a child of process group 1234");
    assert_eq!(text("0x3", "0x5"), "waiting in waitid on fd 5");
    assert_eq!(text("0x9", "0x5"), "waiting in waitid");
    // The kernel refuses these numbers.
    assert_eq!(text("0x1", "0x0"), "waiting in waitid");
    assert_eq!(text("0x2", "0x1"), "waiting in waitid");
}

#[test]
fn spec_3_23_each_state_has_its_text() {
    let read = "0x9 0x0 0x0 0x0 0x0 0x0";
    assert_eq!(text('D', libc::SYS_read, read).as_deref(), Some("waiting uninterruptibly (state D) in read on fd 9"));
    let unknown = "waiting uninterruptibly (state D) in an unknown system call 999999";
    assert_eq!(text('D', 999_999, read).as_deref(), Some(unknown));
    assert_eq!(text('t', libc::SYS_read, read).as_deref(), Some("stopped, by a signal or a debugger"));
    let spinning = "running on the CPU (since the thread began: 4.9 s in the program, 0.0 s in the kernel)";
    assert_eq!(stat('R').as_ref().map(running).as_deref(), Some(spinning));
    let paging = "waiting uninterruptibly (state D) outside any system call, as for a page of memory";
    assert_eq!(stat('D').as_ref().map(outside_syscall).as_deref(), Some(paging));
}

#[test]
fn spec_3_23_without_the_file_syscall_the_state_is_described() {
    let text = |state| stat(state).and_then(|stat| from_stat(&stat));
    assert_eq!(text('S'), None);
    assert_eq!(text('D').as_deref(), Some("waiting uninterruptibly (state D)"));
    assert_eq!(text('T').as_deref(), Some(STOPPED));
    assert!(text('R').is_some_and(|text| text.starts_with("running on the CPU")));
}

/// Describes this thread as if it were in this call, with the files of `/proc`.
fn described(state: char, number: libc::c_long, arguments: &str) -> Option<String> {
    let dir = ProcDir::of_thread(nix::unistd::gettid(), SocketTables::default())?;
    match parse_state(&format!("{number} {arguments} 0x7ffd 0x7f20"))? {
        ThreadState::InSyscall(call) => Some(in_syscall(&call, &stat(state)?, Some(&dir))),
        ThreadState::Running | ThreadState::OutsideSyscall => None,
    }
}

#[test]
fn spec_3_23_a_stored_file_waits_for_the_disk_and_a_device_does_not() -> TestResult {
    let path = temp_path("orders.log")?;
    let (stored, device) = (File::create(&path)?, File::open("/dev/null")?);
    let fsync = |file: &File| {
        let arguments = format!("{:#x} 0x0 0x0 0x0 0x0 0x0", file.as_raw_fd());
        described('D', libc::SYS_fsync, &arguments).unwrap_or_default()
    };
    let (number, name) = (stored.as_raw_fd(), path.display());
    let disk = format!("waiting for the disk or file server (state D) in fsync on fd {number}, {name}");
    assert_eq!(fsync(&stored), disk);
    std::fs::remove_file(&path)?;
    assert_eq!(fsync(&stored), format!("{disk} (deleted)"));
    let null = format!("waiting uninterruptibly (state D) in fsync on fd {}, /dev/null", device.as_raw_fd());
    assert_eq!(fsync(&device), null);
    Ok(())
}

#[test]
fn spec_3_23_invalid_addresses_are_left_out() {
    for address in ["0x0", "0xffffffffffffffff", "0x7fffffffffffffff", "0x1000"] {
        let text = |number, arguments: &str| described('S', number, arguments).unwrap_or_default();
        let first = format!("{address} 0x2 0x0 0x0 0x0 0x0");
        assert_eq!(text(libc::SYS_ppoll, &first), "waiting in ppoll");
        assert_eq!(text(libc::SYS_ppoll, &first.replace(" 0x2", " 0xffffffffffffffff")), "waiting in ppoll");
        assert_eq!(text(libc::SYS_chdir, &first), "waiting in chdir");
        let second = format!("0xffffffff {address} 0x10 0x0 0x0 0x0");
        assert_eq!(text(libc::SYS_openat, &second), "waiting in openat");
        assert_eq!(text(libc::SYS_connect, &second), "waiting in connect on fd -1");
    }
}

#[test]
fn spec_3_23_control_characters_of_a_path_are_escaped() {
    let path = c"/data/\x1b[2Jx";
    let arguments = format!("0xffffff9c {:#x} 0x0 0x0 0x0 0x0", path.as_ptr().addr());
    let expected = r"waiting in openat of /data/\u{1b}[2Jx";
    assert_eq!(described('S', libc::SYS_openat, &arguments).as_deref(), Some(expected));
}

#[test]
fn spec_3_23_long_lists_are_counted() {
    let list: Vec<[i32; 2]> = (0..70).map(|index| [-1 - index % 2 * 999, 0]).chain([[5, 0]; 30]).collect();
    let list = |from: usize| (list.as_ptr().addr() + from * 8, list.len() - from);
    let text = |(address, count)| described('S', libc::SYS_ppoll, &format!("{address:#x} {count:#x} 0x0 0x0 0x0 0x0"));
    assert_eq!(text(list(0)).as_deref(), Some("waiting in ppoll"));
    let counted = text(list(70)).unwrap_or_default();
    assert!(counted.starts_with("waiting in ppoll on fd 5") && counted.ends_with(" and 26 more"), "{counted}");
    assert_eq!(counted.matches("fd 5").count(), 4, "{counted}");
}

#[test]
fn spec_3_23_only_our_child_is_named() {
    let dir = ProcDir::of_thread(nix::unistd::gettid(), SocketTables::default());
    assert_eq!(child::of_wait4(dir.as_ref(), 1), " for child 1");
}

#[test]
fn spec_3_23_a_read_of_a_table_ends_where_it_is_told() {
    let dir = ProcDir::of_thread(nix::unistd::gettid(), SocketTables::default());
    let mut lines = 0;
    dir.iter().for_each(|dir| {
        dir.for_each_line("maps", |_| {
            lines += 1;
            if lines == 2 { std::ops::ControlFlow::Break(()) } else { std::ops::ControlFlow::Continue(()) }
        })
    });
    assert_eq!(lines, 2);
}

/// A kernel may take milliseconds for a table.
#[test]
fn spec_3_23_the_threads_of_one_inspection_share_one_read_of_the_socket_tables() -> TestResult {
    let tables = SocketTables::default();
    let text = |socket: &TcpListener, tables: &SocketTables| {
        let dir = ProcDir::of_thread(nix::unistd::gettid(), tables.clone())?;
        describe(&dir, socket.as_raw_fd()).map(|description| description.text)
    };
    let (first, second) = (TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?);
    let named = |socket: &TcpListener| socket.local_addr().map(|at| format!("a TCP socket listening on {at}"));
    assert_eq!(text(&first, &tables), Some(named(&first)?));
    assert_eq!(text(&second, &tables), Some(named(&second)?));
    let later = TcpListener::bind("127.0.0.1:0")?;
    assert_eq!(text(&later, &tables).as_deref(), Some("a socket"), "not read again");
    assert_eq!(text(&later, &SocketTables::default()), Some(named(&later)?));
    Ok(())
}
