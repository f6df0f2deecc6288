//! Real threads in real situations. Nothing here sleeps: each test asks until the inspector says what it should.

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

pub(super) type Checked = Result<(), Box<dyn Error>>;

const LIMIT: Duration = Duration::from_secs(60);

/// A thread that does this, and tells who it is before.
pub(super) fn thread(does: impl FnOnce() + Send + 'static) -> Result<ThreadId, Box<dyn Error>> {
    let (tell, told) = channel();
    thread::Builder::new().spawn(move || {
        let _ = tell.send(ThreadId::current());
        does();
    })?;
    Ok(told.recv()?)
}

/// Asks until the answer is wanted.
pub(super) fn ask(thread: ThreadId, wanted: impl Fn(Option<&str>) -> bool, why: &str) -> Option<String> {
    let until = Instant::now() + LIMIT;
    loop {
        let said = what_it_does(thread);
        if wanted(said.as_deref()) {
            return said;
        }
        assert!(Instant::now() < until, "wanted {why}, but it says {said:?}");
        thread::yield_now();
    }
}

/// The C libraries and the architectures differ in which call does the work.
pub(super) fn says(thread: ThreadId, verb: &str, calls: &[&str], rest: &str) {
    let sentences: Vec<String> = calls.iter().map(|call| format!("{verb} in {call}{rest}")).collect();
    ask(thread, |said| sentences.iter().any(|sentence| Some(sentence.as_str()) == said), &format!("{sentences:?}"));
}

pub(super) fn waits(thread: ThreadId, calls: &[&str], rest: impl AsRef<str>) {
    says(thread, "waiting", calls, rest.as_ref());
}

pub(super) fn ends(thread: ThreadId) {
    ask(thread, |said| said.is_none(), "nothing, as of a thread that has ended");
}

/// A pipe that no child of another test keeps open.
pub(super) fn a_pipe() -> nix::Result<(OwnedFd, OwnedFd)> {
    pipe2(OFlag::O_CLOEXEC)
}

/// A name in a folder of our own, as the kernel will say it.
pub(super) fn place(name: &str) -> Result<PathBuf, Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("on-shutdown-inspect-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    Ok(folder.canonicalize()?.join(name))
}

#[test]
fn spec_3_23_a_read_from_a_pipe() -> Checked {
    let (reader, writer) = a_pipe()?;
    let number = reader.as_raw_fd();
    let thread = thread(move || drop(File::from(reader).read(&mut [0])))?;
    waits(thread, &["read"], format!(" on fd {number}, a pipe"));
    drop(writer);
    ends(thread);
    Ok(())
}

#[test]
fn spec_3_23_a_poll_names_its_descriptors() -> Checked {
    let (reader, writer) = a_pipe()?;
    let (first, second) = (UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?);
    let (own, address) = (first.local_addr()?, second.local_addr()?);
    first.connect(address)?;
    let (number, udp) = (reader.as_raw_fd(), first.as_raw_fd());
    let both = thread(move || {
        let wanted = |descriptor| PollFd::new(descriptor, PollFlags::POLLIN);
        let _ = poll(&mut [wanted(reader.as_fd()), wanted(first.as_fd())], PollTimeout::NONE);
        let _ = poll(&mut [wanted(first.as_fd())], PollTimeout::NONE);
        let _ = poll(&mut [], PollTimeout::MAX);
    })?;
    let connected = format!("a UDP socket connected to {address}");
    waits(both, &["poll", "ppoll"], format!(" on fd {number} (a pipe), fd {udp} ({connected})"));
    drop(writer);
    waits(both, &["poll", "ppoll"], format!(" on fd {udp}, {connected}"));
    second.send_to(&[1], own)?;
    says(both, "sleeping", &["poll", "ppoll"], "");
    Ok(())
}

#[test]
fn spec_3_23_an_epoll_names_what_it_watches() -> Checked {
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
    let thread = thread(move || {
        let mut events = [EpollEvent::empty()];
        let _ = set.wait(&mut events, EpollTimeout::NONE);
        let _ = set.delete(&stream);
        let _ = set.wait(&mut events, EpollTimeout::NONE);
    })?;
    let calls = ["epoll_wait", "epoll_pwait"];
    waits(thread, &calls, format!(" on fd {number}, which watches fd {watched}, a TCP connection to {address}"));
    drop(listener);
    waits(thread, &calls, format!(" on fd {number}, an epoll set"));
    Ok(())
}

#[test]
fn spec_3_23_locks_conditions_and_parked_threads() -> Checked {
    let pair = Arc::new((Mutex::new(()), Condvar::new()));
    let held = pair.0.lock().map_err(|_| "poisoned")?;
    let (locker, waiter) = (Arc::clone(&pair), Arc::new((Mutex::new(()), Condvar::new())));
    let locks = thread(move || drop(locker.0.lock()))?;
    let conditions = thread(move || drop(waiter.0.lock().map(|guard| waiter.1.wait(guard).is_ok())))?;
    let parks = thread(thread::park)?;
    for thread in [locks, conditions, parks] {
        waits(thread, &["futex"], ", for a lock or another thread");
    }
    drop(held);
    ends(locks);
    Ok(())
}

#[test]
fn spec_3_23_a_sleep_and_a_wait_for_a_signal() -> Checked {
    let sleeps = thread(|| thread::sleep(LIMIT))?;
    says(sleeps, "sleeping", &["clock_nanosleep", "nanosleep"], "");
    let signalled = thread(|| {
        let mut set = SigSet::empty();
        set.add(Signal::SIGUSR2);
        let _ = set.thread_block();
        let _ = set.wait();
    })?;
    waits(signalled, &["rt_sigtimedwait"], ", for a signal");
    Ok(())
}

#[test]
fn spec_3_23_a_spinning_thread_shows_its_time() -> Checked {
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let thread = thread(move || while !stopped.load(Ordering::Relaxed) {})?;
    let start = "running on the CPU (since the thread began: ";
    let not_yet = format!("{start}0.0 s in the program");
    let spins = |said: &str| said.starts_with(start) && !said.starts_with(&not_yet);
    ask(thread, |said| said.is_some_and(spins), "running with some time");
    stop.store(true, Ordering::Relaxed);
    ends(thread);
    Ok(())
}

#[test]
fn spec_3_23_a_child_is_named() -> Checked {
    let mut child = Command::new("sleep").arg("1000").stdin(Stdio::null()).spawn()?;
    let number = child.id();
    let thread = thread(move || drop(child.wait()))?;
    waits(thread, &["wait4", "waitid"], format!(" for child {number} (sleep)"));
    kill(Pid::from_raw(number.try_into()?), Signal::SIGKILL)?;
    ends(thread);
    Ok(())
}

#[test]
fn spec_3_23_a_file_lock_and_a_named_pipe_have_paths() -> Checked {
    let (lock, fifo) = (place("lock")?, place("fifo")?);
    let open = || File::options().create(true).append(true).open(&lock);
    let held = Flock::lock(open()?, FlockArg::LockExclusive).map_err(|(_, error)| error)?;
    let file = open()?;
    let number = file.as_raw_fd();
    let locks = thread(move || drop(Flock::lock(file, FlockArg::LockExclusive)))?;
    waits(locks, &["flock"], format!(" on fd {number}, {}", lock.display()));
    drop(held);
    ends(locks);

    mkfifo(&fifo, Mode::S_IRWXU)?;
    let path = fifo.clone();
    let opens = thread(move || drop(File::open(path)))?;
    waits(opens, &["openat", "open"], format!(" of {}", fifo.display()));
    drop(File::options().write(true).open(&fifo)?);
    ends(opens);
    fs::remove_file(&lock)?;
    fs::remove_file(&fifo)?;
    Ok(())
}
