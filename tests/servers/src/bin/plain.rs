//! Runs a server made of hyper-util alone: a tower service, an accept loop, and a task for each connection.

use std::convert::Infallible;
use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Either;
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use on_shutdown::tower::{InFlightLayer, Readiness};
use on_shutdown::{draining, serve, track};
use servers::linger::Lingering;
use servers::{Blob, drains, listen};
use tokio::net::TcpStream;
use tokio::time::sleep;
use tower::{Layer, Service, ServiceExt};

/// How long a client may take for the head of a request. Longer than the clients of the tests pause between requests.
const HEAD_TIMEOUT: Duration = Duration::from_secs(4);

type Answer = Response<Either<Blob, String>>;

/// Serves `/blob/{bytes}/{wait}` and `/ready`, like the other server.
async fn answer(request: Request<Incoming>) -> Result<Answer, Infallible> {
    let path: Vec<&str> = request.uri().path().split('/').skip(1).collect();
    match path[..] {
        ["blob", bytes, wait] => {
            sleep(Duration::from_millis(wait.parse().expect("milliseconds"))).await;
            Ok(Response::new(Either::Left(Blob::new(bytes.parse().expect("a number of bytes")))))
        }
        ["ready"] => Ok(Readiness::new().oneshot(request).await?.map(Either::Right)),
        _ => {
            let mut missing = Response::new(Either::Right(String::new()));
            *missing.status_mut() = StatusCode::NOT_FOUND;
            Ok(missing)
        }
    }
}

async fn connection<S, B>(stream: TcpStream, service: S)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    B: http_body::Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    let connection = builder.serve_connection(TokioIo::new(Lingering::new(stream)), TowerToHyperService::new(service));
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = draining(), if drains() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        println!("a connection ended with {error}");
    }
}

#[on_shutdown::main(grace_period = "25s", drain_delay = "1500ms", flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let listener = listen();
    println!("ready");
    if !drains() {
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(connection(stream, tower::service_fn(answer)));
        }
    }
    let service = InFlightLayer::new("http").layer(tower::service_fn(answer));
    serve("server", |draining| async {
        tokio::pin!(draining);
        loop {
            let (stream, _) = tokio::select! {
                accepted = listener.accept() => accepted?,
                () = &mut draining => break Ok(()),
            };
            tokio::spawn(track("connection", connection(stream, service.clone())));
        }
    })
    .await
}
