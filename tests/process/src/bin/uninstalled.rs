//! Starts work without an install, or before it, or after it, as the argument says.

use std::future::ready;

use on_shutdown::{Settings, in_flight, is_installed, serve, track};

fn work() {
    drop(in_flight("order"));
    drop(track("order", ready(())));
}

fn serve_twice() {
    drop(serve("http", |_| ready(())));
    drop(serve("grpc", |_| ready(())));
}

fn main() {
    let order = std::env::args().nth(1).expect("the order");
    work();
    if order == "before" || order == "never" {
        serve_twice();
    }
    println!("installed: {}", is_installed());
    if order != "never" && order != "work" {
        let handle = Settings::new().install().expect("the settings are right");
        println!("installed: {}", is_installed());
        serve_twice();
        handle.finish();
    }
}
