//! Owns its `main`, which ends in the way that the argument names, while the guard of `install` waits for the hooks.

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use on_shutdown::{ExitMode, HookSettings, Settings, draining, on_shutdown, register_sync, serve};

/// Takes longer than any way out of `main`.
#[on_shutdown]
fn stop() {
    thread::sleep(Duration::from_millis(300));
    println!("stopped");
}

#[on_shutdown(phase = close)]
async fn close() {
    println!("closed");
}

struct Value;

impl Drop for Value {
    fn drop(&mut self) {
        println!("value dropped");
    }
}

struct HangsInDrop;

impl Drop for HangsInDrop {
    fn drop(&mut self) {
        println!("hangs");
        loop {
            thread::park();
        }
    }
}

fn add_failing_hook() {
    register_sync("fails", HookSettings::new(), |_| Err::<(), _>("no disk")).expect("it is early enough");
}

fn returns() -> Result<(), String> {
    let _guard = Settings::new().install().map_err(|error| error.to_string())?;
    let _value = Value;
    Ok(())
}

fn fails() -> Result<(), String> {
    let _guard = Settings::new().install().map_err(|error| error.to_string())?;
    Err("the port is taken".to_owned())
}

fn panics() -> Result<(), String> {
    let _guard = Settings::new().install().map_err(|error| error.to_string())?;
    panic!("no such luck")
}

/// As most programs are: a runtime until the signal, and a clean-up.
fn cleans_up(mode: ExitMode) -> Result<(), String> {
    let _guard = Settings::new().exit_mode(mode).install().map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    runtime.block_on(async { tokio::join!(biased; draining(), async { println!("ready") }) });
    thread::sleep(Duration::from_millis(300));
    println!("saved");
    Ok(())
}

/// The guard goes at once when draining begins, and hooks run while `main` is on its way out.
fn cleans_up_after_the_guard() -> Result<(), String> {
    let guard = Settings::new().install().map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    runtime.block_on(async { tokio::join!(biased; draining(), async { println!("ready") }) });
    drop(guard);
    println!("saved");
    Err("the last save was lost".to_owned())
}

#[tokio::main(flavor = "current_thread")]
async fn ends_async(mode: ExitMode) -> Result<(), String> {
    let guard = Settings::new().exit_mode(mode).install().map_err(|error| error.to_string())?;
    let (give, take) = tokio::sync::oneshot::channel::<()>();
    // The hook needs a task of this runtime.
    tokio::spawn(async move {
        draining().await;
        let _ = give.send(());
    });
    let settings = HookSettings::new().timeout(Duration::from_secs(5));
    let needs = async move |_| take.await.map(|()| println!("the task answered"));
    on_shutdown::register("needs the runtime", settings, needs).map_err(|error| error.to_string())?;
    println!("the report has {} hooks", guard.end().await.hooks.len());
    Ok(())
}

fn forgets() -> Result<(), String> {
    std::mem::forget(Settings::new().install().map_err(|error| error.to_string())?);
    Ok(())
}

fn exits() -> Result<(), String> {
    let _guard = Settings::new().install().map_err(|error| error.to_string())?;
    std::process::exit(3)
}

#[on_shutdown::main]
async fn exits_after_serve() {
    let server = serve("server", |draining| tokio::spawn(draining));
    let _ = tokio::join!(biased; server, async { println!("ready") });
    std::process::exit(3)
}

fn thread_drops() -> Result<(), String> {
    let guard = Settings::new().install().map_err(|error| error.to_string())?;
    thread::spawn(move || drop(guard));
    loop {
        thread::park();
    }
}

fn hangs_after_the_guard() -> Result<(), String> {
    let _hangs = HangsInDrop;
    let _guard = Settings::new().grace_period(Duration::from_secs(4)).install().map_err(|error| error.to_string())?;
    Ok(())
}

fn panics_atexit() -> Result<(), String> {
    let _guard = Settings::new().exit_mode(ExitMode::Atexit).install().map_err(|error| error.to_string())?;
    panic!("no such luck")
}

fn returns_code(mode: ExitMode) -> ExitCode {
    let _guard = Settings::new().exit_mode(mode).install().expect("the settings are right");
    ExitCode::from(11)
}

fn main() -> Result<ExitCode, String> {
    let how = std::env::args().nth(1).unwrap_or_default();
    if std::env::args().nth(2).as_deref() == Some("failing-hook") {
        add_failing_hook();
    }
    match how.as_str() {
        "returns" => returns(),
        "fails" => fails(),
        "panics" => panics(),
        "panics-atexit" => panics_atexit(),
        "cleans-up" => cleans_up(ExitMode::Immediate),
        "cleans-up-atexit" => cleans_up(ExitMode::Atexit),
        "cleans-up-after-the-guard" => cleans_up_after_the_guard(),
        "ends-async" => ends_async(ExitMode::Immediate),
        "ends-async-atexit" => ends_async(ExitMode::Atexit),
        "forgets" => forgets(),
        "exits" => exits(),
        "exits-after-serve" => return Ok(exits_after_serve()),
        "thread-drops" => thread_drops(),
        "hangs-after-the-guard" => hangs_after_the_guard(),
        "returns-code" => return Ok(returns_code(ExitMode::Return)),
        "returns-code-atexit" => return Ok(returns_code(ExitMode::Atexit)),
        other => panic!("what is {other:?}?"),
    }?;
    Ok(ExitCode::SUCCESS)
}
