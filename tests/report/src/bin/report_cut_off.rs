//! Has work in flight that never ends, and hooks that time is kept for.

use std::time::Duration;

use on_shutdown::{HookSettings, on_shutdown, register_sync, track};

#[on_shutdown(phase = close, timeout = "2s")]
fn close_pool() {}

#[on_shutdown(phase = flush)]
fn write_rows() {}

/// One more hook than a line lists.
fn register_others() {
    for number in 1..=3 {
        let settings = HookSettings::new().priority(number).timeout(Duration::from_millis(10));
        register_sync(format!("other\n{number}"), settings, |_context| ()).expect("the shutdown has not begun");
    }
}

#[on_shutdown::main(grace_period = "1s")]
async fn main() {
    register_others();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let client = std::net::TcpStream::connect(listener.local_addr().expect("an address")).expect("it listens");
    // Both sides of one connection.
    let _connection = (client, listener.accept().expect("a connection"));
    tokio::spawn(track("import", std::future::pending::<()>()));
    println!("ready");
    std::future::pending().await
}
