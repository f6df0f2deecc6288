//! A tonic server with the health service of gRPC (`tonic-health`), which Kubernetes and gateways ask.
//!
//! Two hooks, and `serve` and `InFlightLayer` for the calls:
//! - `report_not_serving`. Phase `deregister`: gateways must know before the server stops accepting. Priority 0: no other
//!   hook depends on it. Timeout 1 s: it sets a value.
//! - `end_health_streams`. Phase `drain`: a client that watches the status holds a stream that never ends, and the drain
//!   phase would wait for it. Priority 0 and timeout 1 s, as above.
//!
//! Run `cargo run -p cookbook-servers --bin tonic_health -- 127.0.0.1:50051`, run `grpc_health_probe -addr 127.0.0.1:50051`,
//! and press Ctrl-C.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::{Stream, StreamExt, stream};
use on_shutdown::tower::InFlightLayer;
use on_shutdown::{draining, on_shutdown, provide, serve};
use tokio::net::TcpListener;
use tokio::time::sleep;
use tonic::body::Body;
use tonic::codegen::http;
use tonic::server::{Grpc, NamedService};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};
use tonic_health::ServingStatus;
use tonic_health::server::{HealthReporter, health_reporter};
use tonic_prost::ProstCodec;
use tower::service_fn;

/// The health service knows the whole server under this name.
const WHOLE_SERVER: &str = "";

#[on_shutdown(phase = deregister, timeout = "1s")]
async fn report_not_serving(health: HealthReporter) {
    health.set_service_status(WHOLE_SERVER, ServingStatus::NotServing).await;
}

#[on_shutdown(phase = drain, timeout = "1s")]
async fn end_health_streams(mut health: HealthReporter) {
    health.clear_service_status(WHOLE_SERVER).await;
}

async fn order(_: Request<()>) -> Result<Response<String>, Status> {
    println!("a call has begun");
    sleep(Duration::from_millis(700)).await;
    Ok(Response::new("order 17, complete".to_owned()))
}

type News = Pin<Box<dyn Stream<Item = Result<String, Status>> + Send>>;

/// Ends with a message when draining begins, so that the client knows that it may call another instance.
async fn news(_: Request<()>) -> Result<Response<News>, Status> {
    let news = stream::unfold(0, async |number| {
        sleep(Duration::from_millis(20)).await;
        Some((Ok(format!("news {number}")), number + 1))
    });
    let last = stream::once(async { Ok("this server stops".to_owned()) });
    Ok(Response::new(news.take_until(draining()).chain(last).boxed()))
}

/// What `tonic-build` would generate from a `.proto` file.
#[derive(Clone)]
struct Orders;

impl NamedService for Orders {
    const NAME: &'static str = "cookbook.Orders";
}

impl tower::Service<http::Request<Body>> for Orders {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async move {
            let mut grpc = Grpc::new(ProstCodec::<String, ()>::default());
            Ok(match request.uri().path() {
                "/cookbook.Orders/Order" => grpc.unary(service_fn(order), request).await,
                "/cookbook.Orders/News" => grpc.server_streaming(service_fn(news), request).await,
                _ => Status::unimplemented("no such method").into_http(),
            })
        })
    }
}

#[on_shutdown::main]
async fn main() -> anyhow::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("ready on {}", listener.local_addr()?);
    // The status of the whole server is SERVING from here on.
    let (health, health_service) = health_reporter();
    provide(health)?;
    // A path of gRPC has no values, so the report may show it.
    let layer = InFlightLayer::new("grpc").route(|request| Some(request.uri.path().into()));
    let server = Server::builder().layer(layer).add_service(health_service).add_service(Orders);
    serve("server", |draining| server.serve_with_incoming_shutdown(TcpIncoming::from(listener), draining)).await?;
    Ok(())
}
