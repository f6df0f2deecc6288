//! Tests what clients and probes see between the signal and the end.

use std::time::Duration;

use process::{Program, Running, Signal};
use servers::client::http1::{closes, get, open};
use servers::client::{address, http2, request};
use tokio::runtime::Runtime;

/// Starts a server whose drain delay leaves time for all requests of a test, even on a busy machine.
fn start() -> (Running, Runtime) {
    let program = Program::new(env!("CARGO_BIN_EXE_web")).env("DELAY", "5000");
    (program.start(), Runtime::new().expect("a runtime"))
}

/// Sends the signal, and waits until the program has received it.
fn stop(server: &mut Running) {
    server.signal(Signal::SIGTERM);
    server.err_line("SIGTERM from");
}

#[test]
fn spec_3_8_readiness_fails_from_the_trigger_on_and_liveness_does_not() {
    let (mut server, runtime) = start();
    let server_address = address(&server);
    let ask = |path: &str| {
        let response = runtime.block_on(get(server_address, path)).expect("it serves");
        let (status, closes) = (response.status().as_u16(), closes(&response));
        let body = runtime.block_on(http_body_util::BodyExt::collect(response.into_body())).expect("a body");
        (status, String::from_utf8_lossy(&body.to_bytes()).into_owned(), closes)
    };
    assert_eq!(ask("/ready"), (200, "ready\n".to_owned(), false));
    assert_eq!(ask("/live"), (200, "alive\n".to_owned(), false));
    stop(&mut server);
    assert_eq!(ask("/ready"), (503, "stopping\n".to_owned(), false));
    assert_eq!(ask("/steady"), (200, "ready\n".to_owned(), false));
    assert_eq!(ask("/live"), (200, "alive\n".to_owned(), false));
    assert_eq!(ask("/blob/5/0").0, 200, "the service accepts new clients during the drain delay");
    server.wait().assert_code(0);
}

#[test]
fn http_1_responses_say_that_the_connection_closes_from_the_trigger_on() {
    let (mut server, runtime) = start();
    let address = address(&server);
    runtime.block_on(async {
        let mut kept = open(address).await.expect("it listens");
        for _ in 0..3 {
            let response = kept.send_request(request("/blob/5/0")).await.expect("an answer");
            assert!(!closes(&response), "before the trigger connections are kept alive");
            http_body_util::BodyExt::collect(response.into_body()).await.expect("a body");
            kept.ready().await.expect("kept alive");
        }
        let begun = tokio::spawn(kept.send_request(request("/farewell")));
        server.out_line("one waits for the signal");
        stop(&mut server);
        let response = begun.await.expect("no panic").expect("an answer");
        assert!(closes(&response), "also where the request came before the trigger");
        http_body_util::BodyExt::collect(response.into_body()).await.expect("a body");
        assert!(kept.ready().await.is_err(), "and so it does");
    });
    server.wait().assert_code(0);
}

#[test]
fn http_2_connections_get_a_frame_and_never_the_header() {
    let (mut server, runtime) = start();
    let address = address(&server);
    runtime.block_on(async {
        let mut sender = http2::open(address).await;
        let begun = tokio::spawn(sender.send_request(request("/farewell")));
        server.out_line("one waits for the signal");
        stop(&mut server);
        let late = sender.send_request(request("/blob/5/0")).await.expect("it serves during the delay");
        assert!(late.status() == 200 && !closes(&late), "HTTP/2 forbids the header");
        let response = begun.await.expect("no panic").expect("an answer");
        assert!(!closes(&response), "HTTP/2 forbids the header");
        // The server sends GOAWAY when it drains. Only from then on is the connection of no use.
        while sender.ready().await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    server.wait().assert_code(0);
}

#[test]
fn spec_3_24_requests_that_are_cut_off_are_counted_and_named_by_the_place_of_the_layer() {
    let (mut server, runtime) = start();
    let address = address(&server);
    let mut connections = Vec::new();
    for _ in 0..6 {
        let mut connection = runtime.block_on(open(address)).expect("it listens");
        let response = connection.send_request(request("/hold/6/60000"));
        connections.push((connection, runtime.spawn(response)));
    }
    server.out_line("6 are here");
    server.signal(Signal::SIGINT);
    server.err_line("SIGINT from");
    // Within a second, a repeated signal counts as the same request.
    std::thread::sleep(Duration::from_millis(1100));
    server.signal(Signal::SIGINT);
    let ended = server.wait();
    let lines = include_str!("../src/bin/web.rs").lines();
    let place = |text| lines.clone().position(|line| line.contains(text)).expect("it is there") + 1;
    for (work, text) in [("http: 6", "InFlightLayer::new"), ("server: 1", "serve(\"server\"")] {
        let place = format!("tests/servers/src/bin/web.rs:{}", place(text));
        let named =
            |line: &&String| line.contains(&format!("cut off  {work} in flight, oldest ")) && line.ends_with(&place);
        assert_eq!(ended.err.iter().filter(named).count(), 1, "{work} at {place}\n{ended}");
    }
    ended.assert_code(124);
}
