//! Tests which events become messages, through a real socket.

use std::os::unix::net::UnixDatagram;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::super::socket::READY_SENT;
use super::*;
use crate::report::sample;

/// A socket like systemd's, and an observer that sends to it.
fn observed(name: &str) -> (UnixDatagram, SystemdObserver) {
    let path = std::env::temp_dir().join(format!("on-shutdown-{name}-{}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let socket = UnixDatagram::bind(&path).expect("a socket at the path");
    socket.set_nonblocking(true).expect("it need not block");
    let channel = Channel::open(path.as_os_str()).expect("a channel to the socket");
    std::fs::remove_file(path).expect("the channel is connected");
    // systemd may have started the process that runs the tests.
    READY_SENT.store(true, Ordering::SeqCst);
    (socket, SystemdObserver::new(Box::leak(Box::new(channel)), Duration::from_secs(90)))
}

/// Returns the messages since the last call.
fn messages(socket: &UnixDatagram) -> Vec<String> {
    let mut buffer = [0; 4096];
    let receive =
        || socket.recv(&mut buffer).ok().map(|length| String::from_utf8_lossy(&buffer[..length]).into_owned());
    std::iter::from_fn(receive).collect()
}

fn progress(phase: Phase, count: usize) -> Event {
    let (now, until) = (Duration::from_secs(1), Duration::from_secs(2));
    Event::Progress(Progress { now, phase, hooks: Vec::new(), in_flight: 7, is_serving: false, count, until })
}

#[test]
fn each_event_sends_what_has_changed() {
    let (socket, observer) = observed("changes");
    let sent = |event| {
        observer.event(&event);
        messages(&socket)
    };
    assert_eq!(sent(Event::Triggered), ["STOPPING=1\n"]);
    assert_eq!(sent(Event::PhaseBegan { phase: Phase::Stop, hooks: 2 }), ["STATUS=stop: 2 hooks\n"]);
    assert_eq!(sent(progress(Phase::Drain, 0)), [""; 0], "a later phase has begun since");
    let extended = "STATUS=stop: waiting for 7 in flight\nEXTEND_TIMEOUT_USEC=6000000\n";
    assert_eq!(sent(progress(Phase::Stop, 1)), [extended]);
    assert_eq!(sent(progress(Phase::Stop, 1)), [""; 0], "nothing has changed");
    assert_eq!(sent(Event::Warning("for the log".to_owned())), [""; 0]);
}

#[test]
fn nothing_follows_the_end() {
    let ends: [fn(Arc<Report>) -> Event; 2] = [Event::Ended, Event::CutOff];
    for (end, name) in ends.into_iter().zip(["ended", "cut-off"]) {
        let (socket, observer) = observed(name);
        observer.event(&Event::Triggered);
        observer.event(&end(Arc::new(sample::report(&[]))));
        let last = format!("STATUS={}\n", sample::report(&[]).headline());
        assert_eq!(messages(&socket), ["STOPPING=1\n".to_owned(), last]);
        // A look may have begun before the end, and a hook may be registered after it.
        for late in [progress(Phase::Stop, 9), Event::PhaseBegan { phase: Phase::Close, hooks: 1 }] {
            observer.event(&late);
        }
        observer.event(&Event::CutOff(Arc::new(sample::report(&[]))));
        assert_eq!(messages(&socket), [""; 0]);
    }
}

/// A thread that was stopped while it sends holds the lock.
#[test]
fn a_cut_off_does_not_wait_for_a_thread_that_sends() {
    let (socket, observer) = observed("held");
    let held = observer.sent();
    observer.event(&Event::CutOff(Arc::new(sample::report(&[]))));
    drop(held);
    assert_eq!(messages(&socket), [""; 0]);
}
