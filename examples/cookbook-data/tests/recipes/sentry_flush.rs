use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use process::{Program, Signal};

const PROGRAM: &str = env!("CARGO_BIN_EXE_sentry_flush");

/// Reads one request, and returns its first line and its body.
fn request(connection: &mut BufReader<TcpStream>) -> std::io::Result<(String, String)> {
    let (mut first, mut length) = (String::new(), 0);
    connection.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        connection.read_line(&mut line)?;
        match line.trim_end().to_lowercase().split_once(": ") {
            Some(("content-length", value)) => length = value.parse().expect("a number"),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body)?;
    Ok((first, String::from_utf8_lossy(&body).into_owned()))
}

/// A server on loopback that receives envelopes. It answers the first one when the test says so.
struct Sentry {
    dsn: String,
    received: Receiver<(String, String)>,
    answer: Sender<()>,
}

impl Sentry {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let dsn = format!("http://key@{}/7", listener.local_addr().expect("it is bound"));
        let ((arrived, received), (answer, answers)) = (channel(), channel());
        // Ends with the test: the connections and the channels close.
        thread::spawn(move || {
            let mut is_first = true;
            for connection in listener.incoming().map_while(Result::ok) {
                let mut connection = BufReader::new(connection);
                while let Ok(request) = request(&mut connection) {
                    let _ = arrived.send(request);
                    if std::mem::take(&mut is_first) {
                        let _ = answers.recv();
                    }
                    let written = connection.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
                    if written.is_err() {
                        break;
                    }
                }
            }
        });
        Self { dsn, received, answer }
    }

    /// Waits for the next envelope.
    fn receive(&self) -> String {
        let (first, body) = self.received.recv_timeout(process::LIMIT).expect("an envelope");
        assert!(first.starts_with("POST /api/7/envelope/ "), "{first}");
        body
    }
}

#[test]
fn sentry_receives_the_events_of_the_hooks() {
    let sentry = Sentry::start();
    let mut running = Program::new(PROGRAM).arg(&sentry.dsn).start();
    assert!(sentry.receive().contains("the shop has started"));
    // Sentry's thread waits for the answer, and so the next event waits in memory.
    running.signal(Signal::SIGTERM);
    running.err_line("SIGTERM");
    sentry.answer.send(()).expect("the server lives");
    running.wait().assert_code(0).assert_err("2 completed");
    let event = sentry.receive();
    assert!(event.contains("the pool had connections in use") && event.contains("warning"), "{event}");
}

#[test]
fn a_sentry_that_does_not_answer_is_an_error_in_the_report() {
    let sentry = Sentry::start();
    let mut running = Program::new(PROGRAM).arg(&sentry.dsn).start();
    sentry.receive();
    running.signal(Signal::SIGTERM);
    running.wait().assert_code(70).assert_err("sentry has not answered, and events may be lost");
}
