//! Tests gRPC: a stream that ends when the server asks for it, and a request in flight that is answered.

use process::{Program, Running, Signal};
use servers::client::address;
use servers::grpc::{LATER, TICKS, Text};
use tokio::runtime::Runtime;
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status, Streaming};

async fn client(server: &Running) -> Grpc<Channel> {
    let endpoint = Endpoint::from_shared(format!("http://{}", address(server))).expect("an address");
    let mut client = Grpc::new(endpoint.connect().await.expect("it listens"));
    client.ready().await.expect("connected");
    client
}

async fn ticks(client: &mut Grpc<Channel>) -> Streaming<String> {
    let path = TICKS.parse().expect("a path");
    let response = client.server_streaming(Request::new(String::new()), path, Text).await;
    let mut ticks = response.expect("a stream").into_inner();
    assert_eq!(ticks.message().await.expect("a tick").as_deref(), Some("0"));
    ticks
}

async fn later(client: &mut Grpc<Channel>, millis: u32) -> Result<String, Status> {
    client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
    let response = client.unary(Request::new(millis.to_string()), LATER.parse().expect("a path"), Text).await;
    response.map(tonic::Response::into_inner)
}

struct Seen {
    last: String,
    end: Result<(), Status>,
    later: Result<String, Status>,
    ended: process::Ended,
}

/// Runs a stream and a long request on one connection while the server is stopped.
fn while_stopping(drain: &str) -> Seen {
    let mut server = Program::new(env!("CARGO_BIN_EXE_grpc")).env("DRAIN", drain).start();
    let runtime = Runtime::new().expect("a runtime");
    let mut client = runtime.block_on(client(&server));
    let mut stream = runtime.block_on(ticks(&mut client));
    // The stream has been answered, so the connection exists. The drain delay is shorter than this request.
    let later = runtime.spawn(async move { later(&mut client, 1000).await });
    let listening = runtime.spawn(async move {
        let mut last = String::new();
        let end = loop {
            match stream.message().await {
                Ok(Some(text)) => last = text,
                Ok(None) => break stream.trailers().await.map(|_| ()),
                Err(status) => break Err(status),
            }
        };
        (last, end)
    });
    server.signal(Signal::SIGTERM);
    let ended = server.wait();
    let (last, end) = runtime.block_on(listening).expect("no panic");
    let later = runtime.block_on(later).expect("no panic");
    Seen { last, end, later, ended }
}

#[test]
fn a_stream_ends_with_a_status_and_a_request_is_answered() {
    let Seen { last, end, later, ended } = while_stopping("on");
    assert!(end.is_ok() && last == "stopping", "{last}: {end:?}\n{ended}");
    assert_eq!(later.expect("answered"), "later");
    ended.assert_code(0).assert_no_err("cut off");
}

#[test]
fn without_draining_both_break_off() {
    let Seen { end, later, ended, .. } = while_stopping("off");
    assert!(end.is_err() && later.is_err(), "the control must see it: {end:?}, {later:?}\n{ended}");
}
