//! Tests writes to readers that do not read.
#![cfg(target_os = "linux")]

use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::channel;

use nix::pty::openpty;
use nix::sys::socket::{setsockopt, sockopt};

use super::*;

/// Longer than a line may wait, also on a busy machine.
const LONG: Duration = Duration::from_secs(10);

/// Runs the work on another thread, and fails if the thread blocks.
fn in_time<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, ended) = channel();
    std::thread::spawn(move || done.send(work()));
    ended.recv_timeout(LONG).expect("it must not block")
}

fn is_full(result: nix::Result<usize>) -> bool {
    result == Err(Errno::EAGAIN)
}

/// Writes until there is no room. Returns the number of bytes.
fn fill(descriptor: &OwnedFd) -> usize {
    let sink = Sink::open(descriptor.as_fd());
    assert!(!matches!(sink, Sink::Direct(_)), "it can be written without blocking");
    std::iter::repeat_with(|| sink.write(&[b'.'; 512])).map_while(Result::ok).sum()
}

fn terminal() -> (OwnedFd, OwnedFd) {
    let pair = openpty(None, None).expect("a terminal");
    (pair.master, pair.slave)
}

fn pipe() -> (OwnedFd, OwnedFd) {
    nix::unistd::pipe().expect("a pipe")
}

fn socket() -> (OwnedFd, OwnedFd) {
    let (reader, writer) = UnixStream::pair().expect("a pair of sockets");
    // The kernel's minimum: a chunk does not fit in one piece.
    setsockopt(&writer, sockopt::SndBuf, &1).expect("it may be small");
    (reader.into(), writer.into())
}

#[test]
fn spec_3_14_a_write_to_a_full_pipe_terminal_or_socket_does_not_block() {
    for make in [pipe, terminal, socket] {
        in_time(move || {
            let (_reader, writer) = make();
            assert!(fill(&writer) > 0);
            // The kernel moves what a terminal holds to its reader in the background, which makes room: fill it again.
            let refill = || fill(&writer);
            // The situation after a successful `poll`, if another thread has filled the pipe.
            let mut results = std::iter::repeat_with(|| {
                refill();
                Sink::open(writer.as_fd()).write(b"line")
            });
            assert!(results.find(Result::is_err).is_some_and(is_full));
            let mut written = std::iter::repeat_with(|| {
                refill();
                write_all(writer.as_fd(), b"line", LINE_TIMEOUT, LINE_TOTAL_TIMEOUT)
            });
            assert!(matches!(written.find(|written| *written != Written::All), Some(Written::Part { .. })));
        });
    }
}

#[test]
fn spec_3_14_a_terminal_with_less_room_than_the_line_does_not_block() {
    // A terminal's room comes in pieces: how much is left at the end depends on how the text before was cut.
    let short = (0..40).filter(|number| {
        let already = vec![b'.'; number * 97];
        in_time(move || {
            let (_reader, writer) = terminal();
            let sink = Sink::open(writer.as_fd());
            let _ = sink.write(&already);
            let mut written = Ok(CHUNK);
            while written == Ok(CHUNK) && is_writable(writer.as_fd(), Duration::ZERO) {
                written = sink.write(&[b'x'; CHUNK]);
            }
            write_all(writer.as_fd(), &[b'x'; 100_000], LINE_TIMEOUT, LINE_TOTAL_TIMEOUT);
            // It was writable for `poll`, and a blocking write would have blocked.
            written != Ok(CHUNK)
        })
    });
    assert!(short.count() > 0, "no terminal was in the state that this is about");
}

#[test]
fn spec_3_14_a_reader_that_takes_a_little_at_a_time_holds_a_line_only_so_long() {
    let (reader, writer) = pipe();
    fill(&writer);
    let mut reader = File::from(reader);
    std::thread::spawn(move || {
        let mut page = [0; 4096];
        while reader.read(&mut page).is_ok_and(|read| read > 0) {
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    let start = Instant::now();
    let written = write_all(writer.as_fd(), &[b'x'; 10_000_000], LINE_TIMEOUT, LINE_TOTAL_TIMEOUT);
    assert_eq!(written, Written::Part { ends_line: Some(false) });
    assert!(start.elapsed() < LONG, "{:?}", start.elapsed());
}

#[test]
fn a_reader_that_reads_gets_it_all_and_the_shared_flags_stay() {
    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    for make in [pipe, socket] {
        let (reader, writer) = make();
        let read = std::thread::spawn(move || {
            let mut text = Vec::new();
            File::from(reader).read_to_end(&mut text).map(|_| text).expect("it can be read")
        });
        let text = vec![b'x'; 300_000];
        assert_eq!(write_all(writer.as_fd(), &text, LONG, Duration::MAX), Written::All);
        let flags = fcntl(&writer, FcntlArg::F_GETFL).expect("flags");
        assert_eq!(flags & OFlag::O_NONBLOCK.bits(), 0, "other processes share them");
        drop(writer);
        assert_eq!(read.join().expect("no panic").len(), text.len());
    }
}

#[test]
fn a_file_is_written_where_it_is_and_not_from_its_beginning() {
    let path = std::env::temp_dir().join(format!("on-shutdown-stderr-{}", std::process::id()));
    let file = File::create(&path).expect("a file");
    for line in [b"first\n", b"again\n"] {
        assert_eq!(write_all(file.as_fd(), line, LINE_TIMEOUT, LINE_TOTAL_TIMEOUT), Written::All);
    }
    assert_eq!(std::fs::read_to_string(&path).expect("text"), "first\nagain\n");
    std::fs::remove_file(path).expect("it is there");
}

#[test]
fn a_write_without_a_reader_does_not_wait() {
    let (reader, writer) = pipe();
    drop(reader);
    assert_eq!(write_all(writer.as_fd(), b"line", LONG, LONG), Written::Refused);
}

#[test]
fn a_line_that_was_cut_is_ended_before_the_next_one() {
    let (reader, writer) = pipe();
    let mut reader = File::from(reader);
    let mut read = |length: usize| {
        let mut bytes = vec![0; length];
        reader.read_exact(&mut bytes).expect("so much was written");
        String::from_utf8(bytes).expect("text")
    };
    let of_stderr = Reader::new();
    let write = |line: &str| of_stderr.write(writer.as_fd(), line, Duration::ZERO, LINE_TOTAL_TIMEOUT);
    let capacity = fill(&writer);
    // The reader takes one page, so half of the first line has room.
    let chunk = "a".repeat(CHUNK);
    read(CHUNK);
    write(&format!("{chunk}{chunk}\n"));
    // Nothing is taken of this one, and the break is still due.
    write("lost\n");
    read(capacity);
    write("b\n");
    write("c\n");
    assert_eq!(read(5), "\nb\nc\n");
}

#[test]
fn a_line_does_not_wait_for_a_reader_that_did_not_take_the_last_text() {
    let (reader, writer) = pipe();
    let of_stderr = Reader::new();
    let write = |line: &str| of_stderr.write(writer.as_fd(), line, Duration::ZERO, LINE_TOTAL_TIMEOUT);
    assert_eq!(of_stderr.line_timeout(), LINE_TIMEOUT);
    let capacity = fill(&writer);
    write("lost\n");
    assert_eq!(of_stderr.line_timeout(), Duration::ZERO);
    let mut reader = File::from(reader);
    reader.read_exact(&mut vec![0; capacity]).expect("so much was written");
    write("taken\n");
    assert_eq!(of_stderr.line_timeout(), LINE_TIMEOUT);
}
