//! Every way in which a program can end by itself; the argument says which.

use std::process::ExitCode;
use std::time::Duration;

use on_shutdown::{Ending, HookSettings, Phase, Settings, on_shutdown, register_sync};

#[on_shutdown]
fn hook() {
    println!("hook");
}

#[on_shutdown(phase = finalize)]
async fn last() {
    println!("last");
}

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("returned") => returned(),
        Some("failed") => failed(),
        Some("panicked") => panicked(),
        Some("code") => code(),
        Some("async-returned") => async_returned(),
        Some("async-failed") => async_failed(),
        Some("async-panicked") => async_panicked(),
        Some("exit") => exit(),
        Some("exit-zero-after-failure") => exit_after_failure(),
        Some("request") => request(),
        Some("conventional") => conventional(),
        Some("settings") => settings(),
        Some("return") => go_on(),
        Some("return-and-hang") => hang_after_return(),
        Some("return-while-held") => return_while_held(),
        Some("atexit-hangs") => atexit_hangs(),
        Some("twice") => twice(),
        Some("atexit") => atexit(),
        other => panic!("what is {other:?}?"),
    }
}

#[on_shutdown::main]
fn returned() {}

#[on_shutdown::main]
fn failed() -> Result<(), String> {
    Err("the disk is full".to_owned())
}

#[on_shutdown::main]
fn panicked() {
    panic!("no such luck");
}

#[on_shutdown::main]
fn code() -> ExitCode {
    ExitCode::from(3)
}

#[on_shutdown::main(flavor = "current_thread")]
async fn async_returned() -> Result<ExitCode, String> {
    tokio::task::yield_now().await;
    Ok(ExitCode::SUCCESS)
}

#[on_shutdown::main]
async fn async_failed() -> Result<(), Box<dyn std::error::Error>> {
    tokio::task::yield_now().await;
    Err("the port is taken".into())
}

#[on_shutdown::main]
async fn async_panicked() {
    tokio::task::yield_now().await;
    std::panic::panic_any(42_u8);
}

#[on_shutdown::main]
fn exit() {
    on_shutdown::exit(7).expect("it is installed");
    loop {
        std::thread::park();
    }
}

#[on_shutdown::main]
fn exit_after_failure() -> Result<(), String> {
    on_shutdown::exit(0).expect("it is installed");
    Err("too late to matter".to_owned())
}

#[on_shutdown::main(flavor = "current_thread")]
async fn request() {
    on_shutdown::request("configuration changed").expect("it is installed");
    // Too late or not: it changes nothing.
    on_shutdown::request("a second reason").expect("it is installed");
    std::future::pending().await
}

#[on_shutdown::main(conventional = true)]
async fn conventional() {
    println!("ready");
    std::future::pending().await
}

/// A program that owns its main and its runtime.
fn settings() -> ExitCode {
    let early = on_shutdown::request("before install");
    println!("{}", early.expect_err("nothing is installed"));
    let handle = Settings::new().grace_period(Duration::from_secs(25)).install().expect("the settings are right");
    println!("{}", handle.plan());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        handle.request("the work is done");
        handle.ended().await;
    });
    println!("never seen: the process ends instead");
    ExitCode::from(99)
}

/// The process goes on after its shutdown, and ends itself.
fn go_on() -> ExitCode {
    let handle = Settings::new().ending(Ending::Return).install().expect("the settings are right");
    handle.request("for the report");
    let report = handle.wait();
    println!("{} hooks, {}", report.hooks.len(), report.trigger);
    println!("again: {}", handle.wait().hooks.len());
    ExitCode::from(11)
}

fn hang_after_return() -> ExitCode {
    let handle = Settings::new().ending(Ending::Return).install().expect("the settings are right");
    handle.request("for the report");
    println!("{} hooks", handle.wait().hooks.len());
    println!("ready");
    loop {
        std::thread::park();
    }
}

/// The thread that ran the first hook never comes back.
fn return_while_held() -> ExitCode {
    let settings = HookSettings::new().priority(1).timeout(Duration::from_millis(100));
    let hook = register_sync("holds its thread", settings, |_| -> () {
        loop {
            std::thread::park();
        }
    });
    hook.expect("it is early enough").keep();
    let handle = Settings::new().ending(Ending::Return).install().expect("the settings are right");
    handle.request("for the report");
    println!("{} hooks", handle.wait().hooks.len());
    println!("ready");
    loop {
        std::thread::park();
    }
}

struct HangsInDrop;

impl Drop for HangsInDrop {
    fn drop(&mut self) {
        println!("ready");
        loop {
            std::thread::park();
        }
    }
}

/// `exit` runs the destructors of the thread that calls it, which is the one that ran the hook.
fn atexit_hangs() -> ExitCode {
    thread_local!(static ARMED: HangsInDrop = const { HangsInDrop });
    let hook = register_sync("arms", HookSettings::new().phase(Phase::Finalize).priority(-1), |_| ARMED.with(|_| ()));
    hook.expect("it is early enough").keep();
    let settings = Settings::new().ending(Ending::Atexit).grace_period(Duration::from_secs(60));
    let handle = settings.install().expect("the settings are right");
    handle.request("enough");
    let _ = handle.wait();
    ExitCode::from(99)
}

fn twice() -> ExitCode {
    let bad = Settings::new().grace_period(Duration::from_millis(1)).install();
    println!("bad: {}", bad.expect_err("it is too short"));
    let handle = Settings::new().install().expect("an install that failed leaves the way free");
    println!("second: {}", Settings::new().install().expect_err("there is one"));
    handle.request("enough");
    let _ = handle.wait();
    ExitCode::from(99)
}

/// Thread-local destructors of main and `atexit` handlers belong to `exit`, which is asked for here.
fn atexit() -> ExitCode {
    let handle = Settings::new().ending(Ending::Atexit).install().expect("the settings are right");
    print!("no newline, so it is in the buffer until the end");
    handle.exit(5);
    let _ = handle.wait();
    ExitCode::from(99)
}
