use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use process::{Program, Signal};
use quinn::{ClientConfig, Connection, ConnectionError, Endpoint};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::runtime::Runtime;

use crate::client::address;

fn client(certificate: &Path) -> Endpoint {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate).expect("a certificate")).expect("a root");
    let mut endpoint = Endpoint::client(([127, 0, 0, 1], 0).into()).expect("a socket");
    endpoint.set_default_client_config(ClientConfig::with_root_certificates(Arc::new(roots)).expect("a client"));
    endpoint
}

fn certificate(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("on-shutdown-quic-{name}-{}", std::process::id()))
}

/// Waits until the server has closed the connection.
async fn assert_closed_with_reason(connection: Connection) {
    match connection.closed().await {
        ConnectionError::ApplicationClosed(close) => assert_eq!(&*close.reason, b"this server stops"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn streams_are_finished_and_new_connections_are_refused() {
    let certificate = certificate("finished");
    let program = Program::new(env!("CARGO_BIN_EXE_quic")).arg("127.0.0.1:0").arg(&certificate);
    let mut running = program.start();
    let address = address(&running);
    Runtime::new().expect("a runtime").block_on(async {
        let client = client(&certificate);
        let connect = || client.connect(address, "localhost").expect("valid settings");
        let connection = connect().await.expect("a connection");
        let (mut send, mut receive) = connection.open_bi().await.expect("a stream");
        // Half of the request. The rest comes when the server drains.
        send.write_all(b"order").await.expect("the stream is open");
        running.out_line("a request has begun");
        running.signal(Signal::SIGTERM);
        running.out_line("no further connection is accepted");
        let refused = connect().await.expect_err("refused");
        assert!(matches!(refused, ConnectionError::ConnectionClosed(_)), "{refused:?}");
        send.write_all(b" 17").await.and_then(|()| Ok(send.finish()?)).expect("the stream is open");
        let response = receive.read_to_end(1024).await.expect("a response");
        assert_eq!(String::from_utf8_lossy(&response), "order 17, complete");
        assert_closed_with_reason(connection).await;
    });
    running.wait().assert_code(0).assert_no_err("cut off");
    let _ = fs::remove_file(certificate);
}

#[test]
fn a_client_whose_stream_is_cut_off_is_told() {
    let certificate = certificate("cut-off");
    let program = Program::new(env!("CARGO_BIN_EXE_quic")).arg("127.0.0.1:0").arg(&certificate);
    let mut running = program.env("ON_SHUTDOWN_GRACE_PERIOD", "4s").start();
    let address = address(&running);
    Runtime::new().expect("a runtime").block_on(async {
        let connect = client(&certificate);
        let connection = connect.connect(address, "localhost").expect("valid settings").await.expect("a connection");
        let (mut send, _receive) = connection.open_bi().await.expect("a stream");
        // The rest of the request never comes.
        send.write_all(b"order").await.expect("the stream is open");
        running.out_line("a request has begun");
        running.signal(Signal::SIGTERM);
        assert_closed_with_reason(connection).await;
    });
    running.wait().assert_code(124).assert_err("cut off  endpoint").assert_err("1 completed");
    let _ = fs::remove_file(certificate);
}
