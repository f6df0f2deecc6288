//! Tests that threads that move or end, and a lack of descriptors, never lead to a wrong description.

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

use super::wait_tests::{
    TestResult, assert_activity, assert_ends, assert_waits, pipe, poll_activity, spawn_thread, temp_path,
};
use super::*;

/// The environment variable that is set in a test that runs alone in its process.
const ALONE: &str = "TESTS_ALONE";
/// How long the thread rests between two calls of `poll`.
const PAUSE: Duration = Duration::from_millis(1);

/// Runs the test again in another process with a limit of 40 descriptors. Returns whether this is that process.
fn run_alone(test: &str) -> Result<bool, Box<dyn std::error::Error>> {
    if std::env::var_os(ALONE).is_some() {
        return Ok(true);
    }
    let (_crate, module) = module_path!().split_once("::").ok_or("no module")?;
    let test = format!("{module}::{test}");
    let limited = r#"ulimit -n 40 && exec "$0" --exact "$1" --test-threads=1"#;
    let output =
        Command::new("sh").args(["-c", limited]).arg(std::env::current_exe()?).arg(test).env(ALONE, "1").output()?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && stdout.contains("1 passed"), "{stdout}");
    Ok(false)
}

#[test]
fn spec_3_23_a_thread_that_has_ended_and_the_current_thread_have_no_activity() -> TestResult {
    let gone = spawn(ThreadId::current).join().map_err(|_| "panicked")?;
    assert_ends(gone);
    assert_eq!(thread_activity(ThreadId::current()), None);
    Ok(())
}

/// While the thread polls, its list contains the first two descriptors. Otherwise the list contains the other two.
#[test]
fn spec_3_23_a_moving_thread_never_gets_a_stale_description() -> TestResult {
    let (first, second) = (pipe()?, pipe()?);
    let polled = [first.0.as_raw_fd(), second.0.as_raw_fd()];
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let thread = spawn_thread(move || {
        let wanted = |descriptor| PollFd::new(descriptor, PollFlags::POLLPRI);
        let mut list = [wanted(first.0.as_fd()), wanted(second.0.as_fd())];
        while !stopped.load(Ordering::Relaxed) {
            let _ = poll(&mut list, 1_u8);
            list = [wanted(first.1.as_fd()), wanted(second.1.as_fd())];
            std::hint::black_box(&mut list);
            sleep(PAUSE);
            list = [wanted(first.0.as_fd()), wanted(second.0.as_fd())];
        }
    })?;
    let complete_list = format!(" on fd {} (a pipe), fd {} (a pipe)", polled[0], polled[1]);
    let mut complete = 0;
    for _ in 0..5_000 {
        let activity = thread_activity(thread).unwrap_or_default();
        if let Some((_, list)) = activity.split_once("poll") {
            assert!(list.is_empty() || list == complete_list, "{activity}");
            complete += usize::from(!list.is_empty());
        }
    }
    assert!(complete > 0);
    stop.store(true, Ordering::Relaxed);
    assert_ends(thread);
    Ok(())
}

#[test]
fn spec_3_23_a_closed_descriptor_is_a_number() -> TestResult {
    if !run_alone("spec_3_23_a_closed_descriptor_is_a_number")? {
        return Ok(());
    }
    let (reader, _writer) = pipe()?;
    let number = reader.as_raw_fd();
    let thread = spawn_thread(move || {
        let mut reader = File::from(reader);
        let _ = reader.read(&mut [0]);
        std::mem::forget(reader);
    })?;
    assert_waits(thread, &["read"], format!(" on fd {number}, a pipe"));
    close(number)?;
    assert_waits(thread, &["read"], format!(" on fd {number}"));
    Ok(())
}

/// An epoll set still watches the socket under the number of the closed descriptor, and another descriptor now has this
/// number.
#[test]
fn spec_3_23_a_reused_number_in_an_epoll_set_is_not_named() -> TestResult {
    if !run_alone("spec_3_23_a_reused_number_in_an_epoll_set_is_not_named")? {
        return Ok(());
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let set = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    let number = set.0.as_raw_fd();
    let old = listener.try_clone()?;
    let reused = old.as_raw_fd();
    set.add(&old, EpollEvent::new(EpollFlags::EPOLLIN, 0))?;
    let thread = spawn_thread(move || {
        let _ = set.wait(&mut [EpollEvent::empty()], EpollTimeout::NONE);
    })?;
    let calls = ["epoll_wait", "epoll_pwait"];
    let address = listener.local_addr()?;
    let watched = format!(", which watches fd {reused}, a TCP socket listening on {address}");
    assert_waits(thread, &calls, format!(" on fd {number}{watched}"));
    drop(old);
    let (reader, _writer) = pipe()?;
    assert_eq!(reader.as_raw_fd(), reused);
    assert_waits(thread, &calls, format!(" on fd {number}, an epoll set"));
    Ok(())
}

#[test]
fn spec_3_23_one_free_descriptor_is_enough_and_without_one_there_is_no_activity() -> TestResult {
    if !run_alone("spec_3_23_one_free_descriptor_is_enough_and_without_one_there_is_no_activity")? {
        return Ok(());
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let rest = format!(" on fd {}, a TCP socket listening on {}", listener.as_raw_fd(), listener.local_addr()?);
    let thread = spawn_thread(move || drop(listener.accept()))?;
    assert_waits(thread, &["accept4", "accept"], &rest);
    let mut all: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    assert!((1..100).contains(&all.len()));
    (0..100).for_each(|_| assert_eq!(thread_activity(thread), None));
    all.pop();
    assert_waits(thread, &["accept4", "accept"], &rest);
    Ok(())
}

/// No signal wakes a thread whose child has not started its program yet.
#[test]
fn spec_3_23_an_uninterruptible_wait_is_named() -> TestResult {
    let fifo = temp_path("before-exec")?;
    mkfifo(&fifo, Mode::S_IRWXU)?;
    let path = fifo.clone();
    let spawns = spawn_thread(move || {
        let child = PosixSpawnFileActions::init().and_then(|mut actions| {
            actions.add_open(0, &path, nix::fcntl::OFlag::O_RDONLY, Mode::empty())?;
            posix_spawn(c"/bin/true", &actions, &PosixSpawnAttr::init()?, &[c"true"], &[] as &[&std::ffi::CStr])
        });
        let _ = child.and_then(|child| waitpid(child, None));
    })?;
    let calls = ["clone3", "clone", "vfork"];
    assert_activity(spawns, "waiting uninterruptibly (state D)", &calls, ", for a child to start its program");
    drop(File::options().write(true).open(&fifo)?);
    poll_activity(spawns, |activity| activity.is_none(), "the end");
    std::fs::remove_file(&fifo)?;
    Ok(())
}
