//! Hangs in many hooks, each on its own connection to one server that never answers.
//!
//! Arguments: the server's address, `sync` or `async`, and the number of hooks.

use std::io::Read;
use std::net::TcpStream;
use std::time::Duration;

use on_shutdown::{HookSettings, Settings, register, register_sync};

fn add_hook(name: String, address: &str, is_async: bool) {
    let settings = HookSettings::new().timeout(Duration::from_millis(800));
    let address = address.to_owned();
    let registration = if is_async {
        register(name, settings, async move |_| {
            let stream = tokio::net::TcpStream::connect(address).await?;
            stream.readable().await
        })
    } else {
        register_sync(name, settings, move |_| TcpStream::connect(&address)?.read(&mut [0]).map(drop))
    };
    registration.expect("it is early enough");
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [address, kind, hooks] = &args[..] else { panic!("three arguments, not {args:?}") };
    let _guard = Settings::new().grace_period(Duration::from_secs(20)).install().expect("the settings are right");
    for number in 0..hooks.parse().expect("a number of hooks") {
        add_hook(format!("query_{number}"), address, kind == "async");
    }
    println!("ready");
    loop {
        std::thread::park();
    }
}
