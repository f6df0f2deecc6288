//! A server on hyper alone with two listeners: TCP with TLS, and a Unix socket.
//!
//! No hook for the requests: `serve` counts the server until the `GracefulShutdown` of hyper-util has ended all connections.
//! One hook removes the file of the Unix socket. Phase `close`: no request uses the socket any more. Priority -10: after the
//! hooks that close connections. Timeout 1 s: it removes one file.
//!
//! Run `cargo run -p cookbook-servers --bin hyper_tls_unix -- 127.0.0.1:8443 /tmp/hyper.sock`, run
//! `curl -k https://127.0.0.1:8443/order` and `curl --unix-socket /tmp/hyper.sock localhost/order`, and press Ctrl-C.

use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use on_shutdown::{on_shutdown, provide, serve};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

/// How long a client may take for the TLS handshake, and for the head of a request. Shorter than the grace period.
const HEAD_TIMEOUT: Duration = Duration::from_secs(3);

#[derive(Clone)]
struct SocketPath(PathBuf);

#[on_shutdown(phase = close, priority = -10, timeout = "1s")]
fn remove_socket(path: SocketPath) -> io::Result<()> {
    std::fs::remove_file(path.0)
}

/// A process that was killed leaves the file of its socket. Nothing answers there, so the next process may remove the file.
async fn bind(path: &SocketPath) -> io::Result<UnixListener> {
    if UnixStream::connect(&path.0).await.is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused) {
        std::fs::remove_file(&path.0)?;
    }
    UnixListener::bind(&path.0)
}

/// Makes a certificate that no client trusts. A real service reads one from a file. Writes it to `path`, for a test.
fn tls_acceptor(path: Option<String>) -> anyhow::Result<TlsAcceptor> {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    if let Some(path) = path {
        std::fs::write(path, certified.cert.pem())?;
    }
    let key = PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key.into())?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

async fn answer(request: Request<Incoming>) -> Result<Response<String>, Infallible> {
    let path = request.uri().path();
    if path.starts_with("/order") {
        println!("a request has begun: {path}");
        sleep(Duration::from_millis(700)).await;
    }
    Ok(Response::new("order 17, complete".to_owned()))
}

async fn run_connection(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, watcher: Watcher) {
    let mut http = http1::Builder::new();
    // Without a timer, hyper ignores its own timeouts.
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    let connection = http.serve_connection(TokioIo::new(stream), service_fn(answer));
    if let Err(error) = watcher.watch(connection).await {
        println!("a connection failed: {error}");
    }
}

#[on_shutdown::main]
async fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let tcp = TcpListener::bind(args.next().unwrap_or_else(|| "127.0.0.1:0".to_owned())).await?;
    let path = SocketPath(args.next().map_or_else(|| std::env::temp_dir().join("hyper.sock"), PathBuf::from));
    let unix = bind(&path).await?;
    provide(path)?;
    let tls = tls_acceptor(args.next())?;
    println!("ready on {}", tcp.local_addr()?);
    serve("server", |mut draining| async move {
        let connections = GracefulShutdown::new();
        loop {
            // From here on, `shutdown` waits for the connection, also during its handshake.
            let watcher = connections.watcher();
            let accepted = tokio::select! {
                () = &mut draining => break,
                accepted = tcp.accept() => accepted.map(|(stream, _)| {
                    let handshake = timeout(HEAD_TIMEOUT, tls.accept(stream));
                    tokio::spawn(async move {
                        match handshake.await {
                            Ok(Ok(stream)) => run_connection(stream, watcher).await,
                            failed => println!("a handshake failed: {:?}", failed.map(|result| result.err())),
                        }
                    });
                }),
                accepted = unix.accept() => accepted.map(|(stream, _)| drop(tokio::spawn(run_connection(stream, watcher)))),
            };
            if accepted.is_err() {
                // Too many open files, for example. The next attempt may succeed.
                sleep(Duration::from_millis(100)).await;
            }
        }
        drop((tcp, unix));
        connections.shutdown().await;
    })
    .await;
    Ok(())
}
