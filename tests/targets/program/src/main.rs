//! Ends in the way that the first argument names. `tests/targets/wine` runs each way in a process of its own, and
//! `tests/targets/wasm` some of them.

#[cfg(windows)]
mod windows;

use std::process::ExitCode;
use std::time::Duration;

use on_shutdown::{HookSettings, Phase, Settings, register, register_sync};
// Its hooks.
use targets_program as _;

fn main() -> ExitCode {
    let way = std::env::args().nth(1).unwrap_or_default();
    // Long enough for all hooks; short where only the last resort ends the process.
    let grace_period = Duration::from_secs(if way == "stuck" { 5 } else { 60 });
    Settings::new().grace_period(grace_period).run(|| end(&way))
}

fn end(way: &str) -> Result<(), String> {
    match way {
        "returns" => {}
        "fails" => return Err("the disk is full".to_owned()),
        "panics" => panic!("main panicked"),
        "requests" => wait_after(on_shutdown::request_shutdown("a person asked")),
        "exits" => wait_after(on_shutdown::request_exit(42)),
        "hook-fails" => add_sync("fails", || Err("it cannot be done")),
        "hook-panics" => add_sync("panics", || panic!("the hook panicked")),
        "hook-hangs" => {
            let settings = HookSettings::new().phase(Phase::Stop).timeout(Duration::from_millis(500));
            let hangs = register("hangs", settings, async |_| std::future::pending::<()>().await);
            hangs.expect("it is early enough");
        }
        "hook-blocks" => add_sync("blocks", || block()),
        "work" => {
            let work = on_shutdown::in_flight("request");
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(300));
                println!("the work has ended");
                drop(work);
            });
        }
        #[cfg(windows)]
        other => windows::end(other),
        #[cfg(not(windows))]
        other => panic!("no way `{other}`"),
    }
    Ok(())
}

fn add_sync(name: &'static str, hook: fn() -> Result<(), &'static str>) {
    let settings = HookSettings::new().phase(Phase::Stop).timeout(Duration::from_millis(500));
    register_sync(name, settings, move |_| hook()).expect("it is early enough");
}

/// Never returns, so that the shutdown needs its trigger.
fn wait_after<E: std::fmt::Debug>(requested: Result<(), E>) {
    requested.expect("the shutdown is installed");
    wait();
}

fn wait() -> ! {
    println!("ready");
    block()
}

fn block() -> ! {
    loop {
        std::thread::park();
    }
}
