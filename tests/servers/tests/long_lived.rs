//! Tests connections that never end by themselves: the server asks them to close, and they end as their protocols
//! require.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http_body_util::BodyExt;
use process::{Ended, Program, Running, Signal};
use servers::client::{address, http1};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::{WebSocketStream, client_async};

fn start(drain: &str) -> (Running, SocketAddr) {
    let server = Program::new(env!("CARGO_BIN_EXE_web")).env("DRAIN", drain).start();
    let address = address(&server);
    (server, address)
}

fn stop(mut server: Running) -> Ended {
    server.signal(Signal::SIGTERM);
    server.wait()
}

async fn web_socket(address: SocketAddr) -> WebSocketStream<TcpStream> {
    web_socket_at(address, "/socket").await
}

async fn web_socket_at(address: SocketAddr, path: &str) -> WebSocketStream<TcpStream> {
    let stream = TcpStream::connect(address).await.expect("it listens");
    let (mut socket, _) = client_async(format!("ws://{address}{path}"), stream).await.expect("a WebSocket");
    socket.send(Message::text("hello")).await.expect("sent");
    let echo = socket.next().await.expect("an answer").expect("an answer");
    assert_eq!(echo, Message::text("hello"));
    socket
}

#[test]
fn a_web_socket_is_closed_with_a_reason_and_waited_for() {
    let (server, address) = start("on");
    let runtime = Runtime::new().expect("a runtime");
    let sockets: Vec<_> = (0..50).map(|_| runtime.block_on(web_socket(address))).collect();
    // Each client answers only some time after the server's goodbye. The server must wait for the answer.
    let clients = sockets.into_iter().map(|mut socket| {
        runtime.spawn(async move {
            let goodbye = loop {
                match socket.next().await.expect("a goodbye").expect("a goodbye") {
                    Message::Close(frame) => break frame.expect("a reason"),
                    _ => continue,
                }
            };
            assert_eq!((goodbye.code, goodbye.reason.as_str()), (CloseCode::Away, "stopping"));
            tokio::time::sleep(Duration::from_millis(300)).await;
            assert!(socket.next().await.is_none(), "the connection ends as it should");
        })
    });
    let clients: Vec<_> = clients.collect();
    stop(server).assert_code(0).assert_no_err("cut off");
    for client in clients {
        runtime.block_on(client).expect("every client is content");
    }
}

#[test]
fn without_draining_a_web_socket_is_torn_away() {
    let (server, address) = start("off");
    let runtime = Runtime::new().expect("a runtime");
    let mut socket = runtime.block_on(web_socket(address));
    stop(server);
    let end = runtime.block_on(socket.next());
    assert!(!matches!(end, Some(Ok(_))), "the control must see it: {end:?}");
}

/// Returns all events until the end, which may be an error.
async fn events(address: SocketAddr, first: tokio::sync::oneshot::Sender<()>) -> (String, Result<(), String>) {
    let mut body = http1::get(address, "/events").await.expect("events").into_body();
    let (mut text, mut first) = (String::new(), Some(first));
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => text += &String::from_utf8_lossy(frame.data_ref().expect("data")),
            Err(error) => return (text, Err(format!("{error:?}"))),
        }
        first.take().into_iter().for_each(|first| first.send(()).expect("we wait for it"));
    }
    (text, Ok(()))
}

fn events_while_stopping(drain: &str) -> (String, Result<(), String>, Ended) {
    let (server, address) = start(drain);
    let runtime = Runtime::new().expect("a runtime");
    let (first, seen) = tokio::sync::oneshot::channel();
    let events = runtime.spawn(events(address, first));
    runtime.block_on(seen).expect("an event");
    let ended = stop(server);
    let (text, end) = runtime.block_on(events).expect("no panic");
    (text, end, ended)
}

#[test]
fn server_sent_events_end_with_a_last_event_and_a_whole_body() {
    let (text, end, ended) = events_while_stopping("on");
    assert_eq!(end, Ok(()), "{text}\n{ended}");
    assert!(text.ends_with("event: stopping\ndata: come again\n\n"), "{text}\n{ended}");
    ended.assert_code(0).assert_no_err("cut off");
}

#[test]
fn without_draining_server_sent_events_break_off() {
    let (text, end, ended) = events_while_stopping("off");
    assert!(end.is_err(), "the control must see it: {text}\n{ended}");
}

fn start_in_a_hurry() -> (Running, SocketAddr) {
    let server = Program::new(env!("CARGO_BIN_EXE_web")).env("GRACE", "4000").env("DELAY", "0").start();
    let address = address(&server);
    (server, address)
}

#[test]
fn a_web_socket_that_does_not_end_is_waited_for_and_named() {
    let (server, address) = start_in_a_hurry();
    let runtime = Runtime::new().expect("a runtime");
    let sockets: Vec<_> = (0..3).map(|_| runtime.block_on(web_socket_at(address, "/stubborn/socket"))).collect();
    stop(server).assert_code(124).assert_err("cut off  stubborn websocket: 3 in flight").assert_err("src/bin/web.rs:");
    drop(sockets);
}

#[test]
fn server_sent_events_that_do_not_end_are_waited_for_and_named() {
    let (server, address) = start_in_a_hurry();
    let runtime = Runtime::new().expect("a runtime");
    let mut body = runtime.block_on(http1::get(address, "/stubborn/events")).expect("events").into_body();
    assert!(runtime.block_on(body.frame()).is_some_and(|frame| frame.is_ok()));
    stop(server).assert_code(124).assert_err("cut off  http: 1 in flight").assert_err("cut off  server: 1 in flight");
}

#[test]
fn a_request_that_is_cut_off_is_named_by_its_route_and_nothing_personal() {
    let program = Program::new(env!("CARGO_BIN_EXE_web")).env("GRACE", "4000").env("DELAY", "0").env("ROUTES", "1");
    let server = program.start();
    let address = address(&server);
    let runtime = Runtime::new().expect("a runtime");
    // It takes an hour.
    let request = runtime.spawn(http1::get(address, "/hold/1/3600000?token=secret"));
    server.out_line("1 are here");
    let ended = stop(server);
    ended.assert_code(124).assert_err("cut off  http GET /hold/{crowd}/{wait}: 1 in flight");
    ended.assert_no_err("3600000").assert_no_err("secret");
    request.abort();
}

/// Connects, and sends half of a request's head. Returns when the server has accepted the connection.
fn half_a_request(address: SocketAddr) -> std::net::TcpStream {
    let mut client = std::net::TcpStream::connect(address).expect("it listens");
    std::io::Write::write_all(&mut client, b"GET /ready HTTP/1.1\r\nhost: loc").expect("half a request");
    // The server accepts in order, so it has accepted the first connection when it answers on the second.
    Runtime::new().expect("a runtime").block_on(http1::get(address, "/ready")).expect("an answer");
    client
}

fn assert_open(ended: &Ended, server: SocketAddr, client: &std::net::TcpStream) {
    let (port, peer) = (server.port(), client.local_addr().expect("an address"));
    ended.assert_err(&format!("  open     TCP connection of port {port} with {peer}: established"));
}

#[test]
fn spec_3_8_a_client_that_does_not_end_its_request_is_in_the_report() {
    let (server, address) = start_in_a_hurry();
    let client = half_a_request(address);
    let ended = stop(server);
    ended.assert_code(124).assert_err("cut off  server: 1 in flight");
    assert_open(&ended, address, &client);
}

/// The client leaves while a later hook runs.
#[test]
fn spec_3_8_the_connections_are_those_of_the_cut_off() {
    let server = Program::new(env!("CARGO_BIN_EXE_web")).env("GRACE", "4000").env("DELAY", "0").env("CLOSE", "400");
    let mut server = server.start();
    let address = address(&server);
    let client = half_a_request(address);
    let (port, peer) = (address.port(), client.local_addr().expect("an address"));
    server.signal(Signal::SIGTERM);
    server.err_line("no longer waiting for server: 1 in flight");
    drop(client);
    let said = format!("  open     TCP connection of port {port} with {peer}: established");
    server.wait().assert_code(124).assert_err(&said);
}

#[test]
fn spec_3_8_a_connection_is_in_the_report_if_a_person_ends_the_wait() {
    let (mut server, address) = start("on");
    let client = half_a_request(address);
    server.signal(Signal::SIGINT);
    // A signal within the first second counts as the same request.
    std::thread::sleep(Duration::from_millis(1100));
    server.signal(Signal::SIGINT);
    let ended = server.wait();
    ended.assert_code(124).assert_err("cut off  server: 1 in flight");
    assert_open(&ended, address, &client);
}

#[test]
fn a_timeout_for_the_head_of_a_request_ends_the_wait_for_it() {
    let server = Program::new(env!("CARGO_BIN_EXE_plain")).start();
    let client = half_a_request(address(&server));
    stop(server).assert_code(0).assert_no_err("cut off").assert_no_err("  open  ");
    drop(client);
}
