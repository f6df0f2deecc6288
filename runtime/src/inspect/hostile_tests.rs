//! Threads that move, that are gone, descriptors that run out: nothing wrong may be said, and nothing may break.

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, AsRawFd};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{sleep, spawn};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, poll};
use nix::spawn::{PosixSpawnAttr, PosixSpawnFileActions, posix_spawn};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::stat::Mode;
use nix::sys::wait::waitpid;
use nix::unistd::{close, mkfifo};

use super::situation_tests::{Checked, a_pipe, ask, ends, place, says, thread, waits};
use super::*;

/// Set in a test that runs as the only one of its process.
const ALONE: &str = "ON_SHUTDOWN_TEST_ALONE";
const MOMENT: Duration = Duration::from_millis(1);

/// Runs the test again, in a process of its own with few descriptors; true inside it.
fn alone(test: &str) -> Result<bool, Box<dyn std::error::Error>> {
    if std::env::var_os(ALONE).is_some() {
        return Ok(true);
    }
    let (_crate, module) = module_path!().split_once("::").ok_or("no module")?;
    let test = format!("{module}::{test}");
    let limited = r#"ulimit -n 40 && exec "$0" --exact "$1" --test-threads=1"#;
    let output =
        Command::new("sh").args(["-c", limited]).arg(std::env::current_exe()?).arg(test).env(ALONE, "1").output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    Ok(false)
}

#[test]
fn spec_3_23_a_thread_that_is_gone_or_that_asks_about_itself_says_nothing() -> Checked {
    let gone = spawn(ThreadId::current).join().map_err(|_| "panicked")?;
    ends(gone);
    assert_eq!(what_it_does(ThreadId::current()), None);
    Ok(())
}

/// The list in memory names the first two while the thread polls, and the others while it does not.
#[test]
fn spec_3_23_a_thread_that_moves_is_never_said_to_wait_for_what_it_does_not() -> Checked {
    let (first, second) = (a_pipe()?, a_pipe()?);
    let polled = [first.0.as_raw_fd(), second.0.as_raw_fd()];
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let thread = thread(move || {
        let wanted = |descriptor| PollFd::new(descriptor, PollFlags::POLLPRI);
        let mut list = [wanted(first.0.as_fd()), wanted(second.0.as_fd())];
        while !stopped.load(Ordering::Relaxed) {
            let _ = poll(&mut list, 1_u8);
            list = [wanted(first.1.as_fd()), wanted(second.1.as_fd())];
            std::hint::black_box(&mut list);
            sleep(MOMENT);
            list = [wanted(first.0.as_fd()), wanted(second.0.as_fd())];
        }
    })?;
    let whole = format!(" on fd {} (a pipe), fd {} (a pipe)", polled[0], polled[1]);
    let mut seen_whole = 0;
    for _ in 0..5_000 {
        let said = what_it_does(thread).unwrap_or_default();
        if let Some((_, list)) = said.split_once("poll") {
            assert!(list.is_empty() || list == whole, "{said}");
            seen_whole += usize::from(!list.is_empty());
        }
    }
    assert!(seen_whole > 0);
    stop.store(true, Ordering::Relaxed);
    ends(thread);
    Ok(())
}

#[test]
fn spec_3_23_a_descriptor_closed_meanwhile_is_a_number() -> Checked {
    if !alone("spec_3_23_a_descriptor_closed_meanwhile_is_a_number")? {
        return Ok(());
    }
    let (reader, _writer) = a_pipe()?;
    let number = reader.as_raw_fd();
    let thread = thread(move || {
        let mut reader = File::from(reader);
        let _ = reader.read(&mut [0]);
        std::mem::forget(reader);
    })?;
    waits(thread, &["read"], format!(" on fd {number}, a pipe"));
    close(number)?;
    waits(thread, &["read"], format!(" on fd {number}"));
    Ok(())
}

/// The set goes on to watch a socket under the number of a descriptor that is closed, while another has its number.
#[test]
fn spec_3_23_an_epoll_set_that_remembers_an_old_number_names_nothing_wrong() -> Checked {
    if !alone("spec_3_23_an_epoll_set_that_remembers_an_old_number_names_nothing_wrong")? {
        return Ok(());
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let set = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    let number = set.0.as_raw_fd();
    let old = listener.try_clone()?;
    let reused = old.as_raw_fd();
    set.add(&old, EpollEvent::new(EpollFlags::EPOLLIN, 0))?;
    let thread = thread(move || {
        let _ = set.wait(&mut [EpollEvent::empty()], EpollTimeout::NONE);
    })?;
    let calls = ["epoll_wait", "epoll_pwait"];
    let address = listener.local_addr()?;
    let watched = format!(", which watches fd {reused}, a TCP socket listening on {address}");
    waits(thread, &calls, format!(" on fd {number}{watched}"));
    drop(old);
    let (reader, _writer) = a_pipe()?;
    assert_eq!(reader.as_raw_fd(), reused);
    waits(thread, &calls, format!(" on fd {number}, an epoll set"));
    Ok(())
}

#[test]
fn spec_3_23_without_a_free_descriptor_nothing_is_said_and_with_one_everything() -> Checked {
    if !alone("spec_3_23_without_a_free_descriptor_nothing_is_said_and_with_one_everything")? {
        return Ok(());
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let rest = format!(" on fd {}, a TCP socket listening on {}", listener.as_raw_fd(), listener.local_addr()?);
    let thread = thread(move || drop(listener.accept()))?;
    waits(thread, &["accept4", "accept"], &rest);
    let mut all: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    assert!((1..100).contains(&all.len()));
    (0..100).for_each(|_| assert_eq!(what_it_does(thread), None));
    all.pop();
    waits(thread, &["accept4", "accept"], &rest);
    Ok(())
}

/// The parent of a child that has not yet started its program is woken by no signal.
#[test]
fn spec_3_23_an_uninterruptible_wait_is_named() -> Checked {
    let fifo = place("before-exec")?;
    mkfifo(&fifo, Mode::S_IRWXU)?;
    let path = fifo.clone();
    let spawns = thread(move || {
        let child = PosixSpawnFileActions::init().and_then(|mut actions| {
            actions.add_open(0, &path, nix::fcntl::OFlag::O_RDONLY, Mode::empty())?;
            posix_spawn(c"/bin/true", &actions, &PosixSpawnAttr::init()?, &[c"true"], &[] as &[&std::ffi::CStr])
        });
        let _ = child.and_then(|child| waitpid(child, None));
    })?;
    let calls = ["clone3", "clone", "vfork"];
    says(spawns, "waiting uninterruptibly (state D)", &calls, ", for a child to start its program");
    drop(File::options().write(true).open(&fifo)?);
    ask(spawns, |said| said.is_none(), "the end");
    std::fs::remove_file(&fifo)?;
    Ok(())
}
