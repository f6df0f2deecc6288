//! Tests which spans arrive at an OpenTelemetry collector. The collector is a server of this test on loopback.

use std::sync::mpsc::{Receiver, channel};
use std::thread;

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use process::{Ended, Program, Signal};
use prost::Message;

/// Starts the collector. Returns its address, and the spans that arrive.
fn collector() -> (String, Receiver<Span>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("for tokio");
    let address = listener.local_addr().expect("bound");
    let (arrived, spans) = channel();
    let take = move |body: Bytes| async move {
        let request = ExportTraceServiceRequest::decode(body).expect("as the protocol says");
        let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
        scopes.flat_map(|scope| scope.spans).for_each(|span| drop(arrived.send(span)));
    };
    let app = Router::new().route("/v1/traces", post(take));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    thread::spawn(move || {
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            axum::serve(listener, app).await
        })
    });
    (format!("http://{address}"), spans)
}

/// Stops the program. Returns how it ended, and the spans that had arrived by then.
fn stop(overrides: &str) -> (Ended, Vec<Span>) {
    let (address, spans) = collector();
    let program = Program::new(env!("CARGO_BIN_EXE_otel"))
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &address)
        // The interval is longer than the program's life, so that only the hook sends the waiting spans.
        .env("OTEL_BSP_SCHEDULE_DELAY", "60000")
        .env("ON_SHUTDOWN_HOOKS", overrides);
    let mut running = program.start();
    running.signal(Signal::SIGTERM);
    (running.wait(), spans.try_iter().collect())
}

fn attribute(span: &Span, key: &str) -> String {
    use opentelemetry_proto::tonic::common::v1::any_value::Value::StringValue;
    let found = span.attributes.iter().find(|attribute| attribute.key == key);
    match found.and_then(|attribute| attribute.value.clone()).and_then(|value| value.value) {
        Some(StringValue(text)) => text,
        other => format!("{other:?}"),
    }
}

#[test]
fn the_last_spans_arrive_where_a_flush_hook_sends_them() {
    let (ended, spans) = stop("");
    ended.assert_code(70);
    let outcome = |hook: &str| {
        let span = spans.iter().find(|span| span.name == "shutdown_hook" && attribute(span, "hook") == hook);
        span.map(|span| attribute(span, "outcome"))
    };
    assert!(spans.iter().any(|span| span.name == "take_order"), "{ended}");
    assert!(spans.iter().any(|span| span.name == "shutdown_begins" && span.events.len() == 1), "{ended}");
    assert_eq!(outcome("otel::leave_registry").as_deref(), Some("completed"), "{ended}");
    assert_eq!(outcome("otel::finish_orders").as_deref(), Some("completed"), "{ended}");
    assert_eq!(outcome("otel::close_pool").as_deref(), Some("failed"), "{ended}");
    // This span belongs to the hook that sends the others, so it is still open.
    assert_eq!(outcome("otel::flush_spans"), None, "{ended}");
    let orders = spans.iter().find(|span| attribute(span, "hook") == "otel::finish_orders");
    assert_eq!(orders.map(|span| span.events.len()), Some(2), "what the hook said is in its span");
}

#[test]
fn without_the_hook_they_are_lost() {
    let (ended, spans) = stop("otel::flush_spans disabled");
    ended.assert_code(70);
    assert!(!spans.iter().any(|span| span.name == "shutdown_hook"), "{spans:?}");
}
