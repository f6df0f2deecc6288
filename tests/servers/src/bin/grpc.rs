//! Runs a tonic server with a stream that never ends by itself, and an answer that takes a while.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::{Stream, StreamExt, stream};
use hyper::{Request, Response};
use on_shutdown::tower::InFlightLayer;
use on_shutdown::{draining, serve};
use servers::grpc::{LATER, SERVICE, TICKS, Text};
use servers::{drains, listen};
use tokio::time::{interval, sleep};
use tonic::body::Body;

use tonic::server::{Grpc, NamedService};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tower::service_fn;

type Texts = Pin<Box<dyn Stream<Item = Result<String, tonic::Status>> + Send>>;

async fn ticks(_: tonic::Request<String>) -> Result<tonic::Response<Texts>, tonic::Status> {
    let ticks = stream::unfold((interval(Duration::from_millis(20)), 0), |(mut clock, tick)| async move {
        clock.tick().await;
        Some((Ok(tick.to_string()), (clock, tick + 1)))
    });
    let last = stream::once(async { Ok("stopping".to_owned()) });
    Ok(tonic::Response::new(match drains() {
        true => ticks.take_until(draining()).chain(last).boxed(),
        false => ticks.boxed(),
    }))
}

async fn later(request: tonic::Request<String>) -> Result<tonic::Response<String>, tonic::Status> {
    let millis = request.into_inner().parse().map_err(|_| tonic::Status::invalid_argument("not a number"))?;
    sleep(Duration::from_millis(millis)).await;
    Ok(tonic::Response::new("later".to_owned()))
}

/// The code that `tonic-build` would generate.
#[derive(Clone)]
struct Clock;

impl NamedService for Clock {
    const NAME: &'static str = SERVICE;
}

impl tower::Service<Request<Body>> for Clock {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Box::pin(async move {
            let mut grpc = Grpc::new(Text);
            Ok(match request.uri().path() {
                TICKS => grpc.server_streaming(service_fn(ticks), request).await,
                LATER => grpc.unary(service_fn(later), request).await,
                _ => tonic::Status::unimplemented("no such method").into_http(),
            })
        })
    }
}

#[on_shutdown::main(grace_period = "25s", drain_delay = "300ms", worker_threads = 2)]
async fn main() -> Result<(), tonic::transport::Error> {
    let incoming = TcpIncoming::from(listen());
    println!("ready");
    if drains() {
        let mut server = Server::builder().layer(InFlightLayer::new("grpc"));
        let server = server.add_service(Clock);
        serve("server", |draining| server.serve_with_incoming_shutdown(incoming, draining)).await
    } else {
        Server::builder().add_service(Clock).serve_with_incoming(incoming).await
    }
}
