//! Has one open TCP connection and one piece of work in flight that never ends.

use std::net::{TcpListener, TcpStream};
use std::time::Duration;

fn main() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let _connection = TcpStream::connect(listener.local_addr().expect("its address")).expect("it listens");
    let settings = on_shutdown::Settings::new().grace_period(Duration::from_secs(3));
    let _guard = settings.install().expect("the settings are right");
    let _work = on_shutdown::in_flight("request");
    println!("ready");
    loop {
        std::thread::park();
    }
}
