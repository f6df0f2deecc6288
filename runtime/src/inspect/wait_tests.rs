//! Tests the descriptions of real threads. No test sleeps: each one repeats the question until the answer is right.

use std::error::Error;
use std::fs::{self, File};
use std::io::Read;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nix::fcntl::{Flock, FlockArg, OFlag};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, mkfifo, pipe2};

use super::*;

pub(super) type TestResult = Result<(), Box<dyn Error>>;

/// The maximum time to wait for the right answer.
const LIMIT: Duration = Duration::from_secs(60);

/// Starts a thread that runs `work`, and returns its id.
pub(super) fn spawn_thread(work: impl FnOnce() + Send + 'static) -> Result<ThreadId, Box<dyn Error>> {
    let (sender, receiver) = channel();
    thread::Builder::new().spawn(move || {
        let _ = sender.send(ThreadId::current());
        work();
    })?;
    Ok(receiver.recv()?)
}

/// Repeats `thread_activity` until `wanted` accepts the answer. Fails after [`LIMIT`].
pub(super) fn poll_activity(thread: ThreadId, wanted: impl Fn(Option<&str>) -> bool, why: &str) -> Option<String> {
    let until = Instant::now() + LIMIT;
    loop {
        let activity = thread_activity(thread);
        if wanted(activity.as_deref()) {
            return activity;
        }
        assert!(Instant::now() < until, "wanted {why}, but the activity is {activity:?}");
        thread::yield_now();
    }
}

/// Asserts that the activity becomes `verb`, one of the calls, and `rest`. C libraries and architectures use different
/// calls.
pub(super) fn assert_activity(thread: ThreadId, verb: &str, calls: &[&str], rest: &str) {
    let sentences: Vec<String> = calls.iter().map(|call| format!("{verb} in {call}{rest}")).collect();
    poll_activity(
        thread,
        |activity| sentences.iter().any(|sentence| Some(sentence.as_str()) == activity),
        &format!("{sentences:?}"),
    );
}

pub(super) fn assert_waits(thread: ThreadId, calls: &[&str], rest: impl AsRef<str>) {
    assert_activity(thread, "waiting", calls, rest.as_ref());
}

pub(super) fn assert_ends(thread: ThreadId) {
    poll_activity(thread, |activity| activity.is_none(), "none, because the thread has ended");
}

/// Creates a pipe that the child processes of other tests do not keep open.
pub(super) fn pipe() -> nix::Result<(OwnedFd, OwnedFd)> {
    pipe2(OFlag::O_CLOEXEC)
}

/// Returns a path in our own directory, as the kernel reports it.
pub(super) fn temp_path(name: &str) -> Result<PathBuf, Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("on-shutdown-inspect-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    Ok(folder.canonicalize()?.join(name))
}

#[test]
fn spec_3_23_a_read_from_a_pipe() -> TestResult {
    let (reader, writer) = pipe()?;
    let number = reader.as_raw_fd();
    let thread = spawn_thread(move || drop(File::from(reader).read(&mut [0])))?;
    assert_waits(thread, &["read"], format!(" on fd {number}, a pipe"));
    drop(writer);
    assert_ends(thread);
    Ok(())
}

#[test]
fn spec_3_23_a_poll_names_its_descriptors() -> TestResult {
    let (reader, writer) = pipe()?;
    let (first, second) = (UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?);
    let (own, address) = (first.local_addr()?, second.local_addr()?);
    first.connect(address)?;
    let (number, udp) = (reader.as_raw_fd(), first.as_raw_fd());
    let both = spawn_thread(move || {
        let wanted = |descriptor| PollFd::new(descriptor, PollFlags::POLLIN);
        let _ = poll(&mut [wanted(reader.as_fd()), wanted(first.as_fd())], PollTimeout::NONE);
        let _ = poll(&mut [wanted(first.as_fd())], PollTimeout::NONE);
        let _ = poll(&mut [], PollTimeout::MAX);
    })?;
    let connected = format!("a UDP socket connected to {address}");
    assert_waits(both, &["poll", "ppoll"], format!(" on fd {number} (a pipe), fd {udp} ({connected})"));
    drop(writer);
    assert_waits(both, &["poll", "ppoll"], format!(" on fd {udp}, {connected}"));
    second.send_to(&[1], own)?;
    assert_activity(both, "sleeping", &["poll", "ppoll"], "");
    Ok(())
}

#[test]
fn spec_3_23_an_epoll_names_what_it_watches() -> TestResult {
    let set = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    let number = set.0.as_raw_fd();
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let stream = TcpStream::connect(address)?;
    let (nameless, _other) = UnixStream::pair()?;
    let watched = stream.as_raw_fd();
    for descriptor in [stream.as_fd(), nameless.as_fd()] {
        set.add(descriptor, EpollEvent::new(EpollFlags::EPOLLIN, 0))?;
    }
    let thread = spawn_thread(move || {
        let mut events = [EpollEvent::empty()];
        let _ = set.wait(&mut events, EpollTimeout::NONE);
        let _ = set.delete(&stream);
        let _ = set.wait(&mut events, EpollTimeout::NONE);
    })?;
    let calls = ["epoll_wait", "epoll_pwait"];
    assert_waits(thread, &calls, format!(" on fd {number}, which watches fd {watched}, a TCP connection to {address}"));
    drop(listener);
    assert_waits(thread, &calls, format!(" on fd {number}, an epoll set"));
    Ok(())
}

#[test]
fn spec_3_23_locks_conditions_and_parked_threads() -> TestResult {
    let pair = Arc::new((Mutex::new(()), Condvar::new()));
    let held = pair.0.lock().map_err(|_| "poisoned")?;
    let (locker, waiter) = (Arc::clone(&pair), Arc::new((Mutex::new(()), Condvar::new())));
    let locks = spawn_thread(move || drop(locker.0.lock()))?;
    let conditions = spawn_thread(move || drop(waiter.0.lock().map(|guard| waiter.1.wait(guard).is_ok())))?;
    let parks = spawn_thread(thread::park)?;
    for thread in [locks, conditions, parks] {
        assert_waits(thread, &["futex"], ", for a lock or another thread");
    }
    drop(held);
    assert_ends(locks);
    Ok(())
}

#[test]
fn spec_3_23_a_sleep_and_a_wait_for_a_signal() -> TestResult {
    let sleeps = spawn_thread(|| thread::sleep(LIMIT))?;
    assert_activity(sleeps, "sleeping", &["clock_nanosleep", "nanosleep"], "");
    let signalled = spawn_thread(|| {
        let mut set = SigSet::empty();
        set.add(Signal::SIGUSR2);
        let _ = set.thread_block();
        let _ = set.wait();
    })?;
    assert_waits(signalled, &["rt_sigtimedwait"], ", for a signal");
    Ok(())
}

#[test]
fn spec_3_23_a_spinning_thread_shows_its_time() -> TestResult {
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let thread = spawn_thread(move || while !stopped.load(Ordering::Relaxed) {})?;
    let start = "running on the CPU (since the thread began: ";
    let not_yet = format!("{start}0.0 s in the program");
    let spins = |activity: &str| activity.starts_with(start) && !activity.starts_with(&not_yet);
    poll_activity(thread, |activity| activity.is_some_and(spins), "running with some time");
    stop.store(true, Ordering::Relaxed);
    assert_ends(thread);
    Ok(())
}

#[test]
fn spec_3_23_a_child_is_named() -> TestResult {
    let mut child = Command::new("sleep").arg("1000").stdin(Stdio::null()).spawn()?;
    let number = child.id();
    let thread = spawn_thread(move || drop(child.wait()))?;
    assert_waits(thread, &["wait4", "waitid"], format!(" for child {number} (sleep)"));
    kill(Pid::from_raw(number.try_into()?), Signal::SIGKILL)?;
    assert_ends(thread);
    Ok(())
}

#[test]
fn spec_3_23_a_file_lock_and_a_named_pipe_have_paths() -> TestResult {
    let (lock, fifo) = (temp_path("lock")?, temp_path("fifo")?);
    let open = || File::options().create(true).append(true).open(&lock);
    let held = Flock::lock(open()?, FlockArg::LockExclusive).map_err(|(_, error)| error)?;
    let file = open()?;
    let number = file.as_raw_fd();
    let locks = spawn_thread(move || drop(Flock::lock(file, FlockArg::LockExclusive)))?;
    assert_waits(locks, &["flock"], format!(" on fd {number}, {}", lock.display()));
    drop(held);
    assert_ends(locks);

    mkfifo(&fifo, Mode::S_IRWXU)?;
    let path = fifo.clone();
    let opens = spawn_thread(move || drop(File::open(path)))?;
    assert_waits(opens, &["openat", "open"], format!(" of {}", fifo.display()));
    drop(File::options().write(true).open(&fifo)?);
    assert_ends(opens);
    fs::remove_file(&lock)?;
    fs::remove_file(&fifo)?;
    Ok(())
}
