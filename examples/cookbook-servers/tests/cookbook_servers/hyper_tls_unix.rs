use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use process::{LIMIT, Program};
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::client::{address, assert_answered, stop};

/// A folder of this process alone.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("on-shutdown-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).expect("a new folder");
    folder
}

fn program(folder: &Path) -> Program {
    let program = Program::new(env!("CARGO_BIN_EXE_hyper_tls_unix")).arg("127.0.0.1:0");
    program.arg(folder.join("socket")).arg(folder.join("certificate"))
}

fn connect_tls(address: SocketAddr, certificate: &Path) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate).expect("a certificate")).expect("a root");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().expect("versions").with_root_certificates(roots);
    let name = "localhost".try_into().expect("a name");
    let client = ClientConnection::new(Arc::new(config.with_no_client_auth()), name).expect("a client");
    let stream = TcpStream::connect(address).expect("the program listens");
    stream.set_read_timeout(Some(LIMIT)).expect("a limit");
    StreamOwned::new(client, stream)
}

fn connect_unix(folder: &Path) -> UnixStream {
    let stream = UnixStream::connect(folder.join("socket")).expect("the program listens");
    stream.set_read_timeout(Some(LIMIT)).expect("a limit");
    stream
}

/// Sends a request, and returns what reads the response.
fn request<S: Read + Write>(mut stream: S, path: &str) -> BufReader<S> {
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).and_then(|()| stream.flush()).expect("the connection is open");
    BufReader::new(stream)
}

/// The server of TLS says that the connection ends: otherwise the last line is an error.
fn response(stream: BufReader<impl Read>) -> Vec<String> {
    stream.lines().map(|line| line.unwrap_or_else(|error| format!("cut off: {error}"))).collect()
}

#[test]
fn requests_over_tls_and_the_unix_socket_are_answered_and_the_socket_is_removed() {
    let folder = folder("hyper-tls-unix");
    let running = program(&folder).start();
    let tls = || connect_tls(address(&running), &folder.join("certificate"));
    let mut idle = request(tls(), "/");
    let mut line = String::new();
    idle.read_line(&mut line).expect("a response");
    assert!(line.starts_with("HTTP/1.1 200"), "{line}");
    let (over_tls, over_unix) = (request(tls(), "/order/tls"), request(connect_unix(&folder), "/order/unix"));
    running.out_line("a request has begun: /order/tls");
    running.out_line("a request has begun: /order/unix");
    let ended = stop(running);
    assert_answered(&response(over_tls), &ended);
    assert_answered(&response(over_unix), &ended);
    assert!(!response(idle).iter().any(|line| line.starts_with("cut off")));
    ended.assert_code(0).assert_no_err("cut off");
    assert!(!folder.join("socket").exists(), "{ended}");
    let _ = fs::remove_dir_all(folder);
}

#[test]
fn the_socket_of_a_process_that_was_killed_is_replaced() {
    let folder = folder("hyper-unix-killed");
    let running = program(&folder).start();
    // A second process is refused while the first one listens.
    program(&folder).run().assert_code(1).assert_err("Address already in use");
    drop(running);
    assert!(folder.join("socket").exists(), "SIGKILL leaves the file");
    stop(program(&folder).start()).assert_code(0);
    assert!(!folder.join("socket").exists());
    let _ = fs::remove_dir_all(folder);
}
