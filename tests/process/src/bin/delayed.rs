//! Has a drain delay, and begins its shutdown in the way that the first argument names. The second argument is the delay
//! in milliseconds, or `open`.

use std::time::{Duration, Instant};

use on_shutdown::{Settings, draining, is_draining, is_ready, leaving, on_shutdown};

/// Asks when the trigger has come.
#[on_shutdown(phase = deregister)]
async fn leave() {
    let ready = is_ready();
    leaving().await;
    println!("left, ready: {ready}, draining: {}", is_draining());
}

/// Begins when the delay is over.
#[on_shutdown(phase = drain)]
async fn drain() {
    draining().await;
    println!("draining: {}", is_draining());
}

fn delay() -> Duration {
    let text = std::env::args().nth(2).expect("a delay in milliseconds");
    Duration::from_millis(text.parse().expect("a number"))
}

fn settings() -> Settings {
    let settings = Settings::new().grace_period(Duration::from_secs(300));
    if std::env::args().nth(2).is_some_and(|delay| delay == "open") { settings } else { settings.drain_delay(delay()) }
}

#[on_shutdown::main(settings = settings())]
fn returned() {}

#[on_shutdown::main(settings = settings())]
fn failed() -> Result<(), String> {
    Err("the disk is full".to_owned())
}

#[on_shutdown::main(settings = settings())]
fn panicked() {
    panic!("no such luck");
}

fn requested() -> std::process::ExitCode {
    let handle = settings().exit_mode(on_shutdown::ExitMode::Return).install().expect("the settings are right");
    let start = Instant::now();
    handle.request_shutdown("enough");
    let _ = handle.wait();
    println!("the delay has passed: {}", start.elapsed() >= delay());
    std::process::ExitCode::SUCCESS
}

#[on_shutdown::main(settings = settings())]
fn signal() {
    println!("ready");
    loop {
        std::thread::park();
    }
}

fn main() -> std::process::ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("returned") => returned(),
        Some("failed") => failed(),
        Some("panicked") => panicked(),
        Some("requested") => requested(),
        Some("signal") => signal(),
        other => panic!("what is {other:?}?"),
    }
}
