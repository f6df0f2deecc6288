//! Tests valid and invalid addresses. `tests/systemd` tests the messages with real programs.

use super::*;

fn refused(name: &[u8]) -> String {
    address(OsStr::from_bytes(name)).err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn a_name_is_an_absolute_path_or_an_abstract_name() {
    let path = address(OsStr::new("/run/systemd/notify")).ok();
    assert_eq!(
        path.and_then(|address| address.as_pathname().map(|path| path.to_owned())).as_deref(),
        Some("/run/systemd/notify".as_ref())
    );
    #[cfg(target_os = "linux")]
    {
        use std::os::linux::net::SocketAddrExt;
        let address = address(OsStr::new("@/org/freedesktop/systemd1/notify")).ok();
        let name = address.as_ref().and_then(SocketAddr::as_abstract_name);
        assert_eq!(name, Some(&b"/org/freedesktop/systemd1/notify"[..]));
    }
}

#[test]
fn what_is_neither_is_refused() {
    for name in [&b""[..], b"/", b"@", b"notify", b"./notify", b"vsock:2:1234"] {
        assert!(refused(name).contains("neither an absolute path nor"), "{name:?}: {}", refused(name));
    }
    assert!(!refused(&[b"/".as_slice(), &[b'x'; 200]].concat()).is_empty(), "too long for a socket");
    assert!(!refused(&[b"@".as_slice(), &[b'x'; 200]].concat()).is_empty(), "too long for a socket");
}

#[test]
fn a_message_waits_for_room_only_if_the_caller_has_time() {
    let path = std::env::temp_dir().join(format!("on-shutdown-socket-{}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let manager = UnixDatagram::bind(&path).expect("a socket");
    let channel = Channel::open(path.as_os_str()).expect("an address");
    let states = [NotifyState::Stopping];
    let is_full = |sent: io::Result<()>| sent.is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
    while channel.send(&states).is_ok() {}
    assert!(is_full(channel.send_within(Duration::ZERO, &states)));
    let (done, ended) = std::sync::mpsc::channel();
    thread::spawn(move || done.send(channel.send_within(Duration::from_secs(60), &[NotifyState::Stopping])));
    assert!(ended.recv_timeout(Duration::from_millis(100)).is_err(), "it waits for room");
    manager.recv(&mut [0; 64]).expect("a message");
    assert!(ended.recv().is_ok_and(|sent| sent.is_ok()));
    std::fs::remove_file(path).expect("it is there");
}
