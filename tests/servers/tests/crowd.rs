//! Tests ten thousand requests that are in flight at one moment.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use process::{Program, Signal};
use servers::client::{Visit, address, http1, http2};
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

const CROWD: usize = 10_000;
/// Maximum number of connections that are opened at the same time.
const DOOR: usize = 200;

/// The server inherits this limit. Each connection takes a descriptor in the server and one in this process.
fn many_descriptors() {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).expect("raised as far as it goes");
    assert!(hard as usize > CROWD + 100, "this test needs {CROWD} descriptors, and may have {hard}");
}

/// The answers come spread over two seconds from draining on.
fn visit(number: usize) -> Visit {
    Visit::to(&format!("/hold/{CROWD}/{}", number * 2000 / CROWD), 1024)
}

/// Each client returns its number of complete visits.
type Clients = JoinSet<Result<usize, String>>;

fn ten_thousand(come: impl Fn(&mut Clients, SocketAddr)) {
    many_descriptors();
    let mut server = Program::new(env!("CARGO_BIN_EXE_web")).start();
    let address = address(&server);
    let runtime = Runtime::new().expect("a runtime");
    let mut clients = JoinSet::new();
    runtime.block_on(async { come(&mut clients, address) });
    server.out_line(&format!("{CROWD} are here"));
    server.signal(Signal::SIGTERM);
    let ended = server.wait();
    let results = runtime.block_on(clients.join_all());
    let failed: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
    assert!(failed.is_empty(), "{} failed, first {:?}\n{ended}", failed.len(), failed[0]);
    assert_eq!(results.iter().flatten().sum::<usize>(), CROWD);
    ended.assert_code(0).assert_no_err("cut off").assert_before(Duration::from_secs(25));
    println!("{:?} after the signal", ended.took);
}

#[test]
fn ten_thousand_requests_finish_within_the_drain_each_on_its_own_connection() {
    ten_thousand(|clients, address| {
        let door = Arc::new(Semaphore::new(DOOR));
        for number in 0..CROWD {
            let door = Arc::clone(&door);
            clients.spawn(async move {
                let inside = door.acquire_owned().await.expect("it stays open");
                let mut sender = http1::open(address).await?;
                drop(inside);
                let visit = visit(number);
                visit.once(sender.send_request(visit.request())).await.map(|()| 1)
            });
        }
    });
}

#[test]
fn ten_thousand_requests_finish_within_the_drain_a_hundred_on_each_connection() {
    ten_thousand(|clients, address| {
        for connection in 0..CROWD / 100 {
            clients.spawn(async move {
                let sender = http2::open(address).await;
                let mut visits = JoinSet::new();
                for stream in 0..100 {
                    let (mut sender, visit) = (sender.clone(), visit(connection * 100 + stream));
                    visits.spawn(async move { visit.once(sender.send_request(visit.request())).await.map(|()| 1) });
                }
                visits.join_all().await.into_iter().sum()
            });
        }
    });
}
