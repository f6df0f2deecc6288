//! A QUIC server (quinn). The endpoint refuses new connections, each connection finishes its streams and closes with a
//! reason, and the endpoint ends when all clients know.
//!
//! `serve` counts the endpoint as work in flight, and `wait_idle` keeps it until the last connection has closed.
//!
//! One hook is for connections that the drain phase does not wait for any longer: it closes them, because their clients would
//! otherwise wait for a timeout. Phase `close`, priority 0. Timeout 2 s: the close must reach its client, and may be lost and
//! sent again.
//!
//! Run `cargo run -p cookbook-servers --bin quic -- 127.0.0.1:4433`, and press Ctrl-C.

use std::time::Duration;

use on_shutdown::{draining, on_shutdown, provide, serve};
use quinn::{Endpoint, Incoming, RecvStream, SendStream, ServerConfig};
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// What a client sees as the reason of the close.
const REASON: &[u8] = b"this server stops";

/// Makes a certificate that no client trusts. A real service reads one from a file. Writes it to `path`, for a test.
fn server_config(path: Option<String>) -> anyhow::Result<ServerConfig> {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    if let Some(path) = path {
        std::fs::write(path, certified.cert.pem())?;
    }
    let key = PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der());
    Ok(ServerConfig::with_single_cert(vec![certified.cert.der().clone()], key.into())?)
}

#[on_shutdown(phase = close, timeout = "2s")]
async fn close_connections(endpoint: Endpoint) {
    endpoint.close(0_u32.into(), REASON);
    endpoint.wait_idle().await;
}

async fn answer((mut send, mut receive): (SendStream, RecvStream)) -> anyhow::Result<()> {
    println!("a request has begun");
    let request = receive.read_to_end(1024).await?;
    sleep(Duration::from_millis(200)).await;
    send.write_all(format!("{}, complete", String::from_utf8_lossy(&request)).as_bytes()).await?;
    send.finish()?;
    // Until the client has all of it: the close of a connection drops what is not sent yet.
    send.stopped().await?;
    Ok(())
}

async fn run_connection(incoming: Incoming) -> anyhow::Result<()> {
    let connection = incoming.await?;
    let (mut streams, mut draining) = (JoinSet::new(), draining());
    loop {
        tokio::select! {
            () = &mut draining => break,
            stream = connection.accept_bi() => drop(streams.spawn(answer(stream?))),
            Some(_) = streams.join_next() => {}
        }
    }
    while streams.join_next().await.is_some() {}
    connection.close(0_u32.into(), REASON);
    Ok(())
}

#[on_shutdown::main]
async fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let address = args.next().unwrap_or_else(|| "127.0.0.1:0".to_owned()).parse()?;
    let endpoint = Endpoint::server(server_config(args.next())?, address)?;
    provide(endpoint.clone())?;
    println!("ready on {}", endpoint.local_addr()?);
    serve("endpoint", |mut draining| async move {
        loop {
            tokio::select! {
                () = &mut draining => break,
                Some(incoming) = endpoint.accept() => drop(tokio::spawn(run_connection(incoming))),
            }
        }
        println!("no further connection is accepted");
        // A client that is refused can connect elsewhere at once. One that gets no answer would wait.
        let refuse = async {
            while let Some(incoming) = endpoint.accept().await {
                incoming.refuse()
            }
        };
        tokio::select! { () = endpoint.wait_idle() => {}, () = refuse => {} }
    })
    .await;
    Ok(())
}
