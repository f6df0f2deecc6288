//! An async program for a target without threads. Ends in the way that the first argument names; `tests/targets/wasm` runs
//! each way in a process of its own.

use std::time::Duration;

use on_shutdown::{ExitMode, HookSettings, Phase, Settings, register, register_sync};
use tokio::time::sleep;
// Its hooks.
use targets_program as _;

fn way() -> String {
    std::env::args().nth(1).unwrap_or_default()
}

fn settings() -> Settings {
    let exit_mode = if way() == "continues" { ExitMode::Return } else { ExitMode::Immediate };
    Settings::new().exit_mode(exit_mode)
}

#[on_shutdown::main(flavor = "current_thread", grace_period = "60s", settings = settings())]
async fn main() -> Result<(), String> {
    match &*way() {
        "returns" => {}
        "fails" => return Err("the disk is full".to_owned()),
        "exits" => {
            on_shutdown::request_exit(42).expect("the shutdown is installed");
            std::future::pending::<()>().await;
        }
        "continues" => {
            on_shutdown::request_shutdown("a person asked").expect("the shutdown is installed");
            sleep(Duration::from_millis(200)).await;
            println!("main continues");
        }
        // The request comes from a task, and `main` finishes its work while the hooks wait for it.
        "requests" => {
            tokio::spawn(async {
                sleep(Duration::from_millis(20)).await;
                on_shutdown::request_shutdown("a person asked").expect("the shutdown is installed");
            });
            on_shutdown::draining().await;
            println!("main drains");
            sleep(Duration::from_millis(50)).await;
            println!("main has drained");
        }
        // A task of `main` and a hook go on in turn: the hook waits for what the task sends.
        "turns" => {
            let (sender, receiver) = tokio::sync::oneshot::channel();
            let settings = HookSettings::new().phase(Phase::Stop);
            let waits = register("waits", settings, async move |_| receiver.await.map(|line: &str| println!("{line}")));
            waits.expect("it is early enough");
            tokio::spawn(async move {
                on_shutdown::draining().await;
                sleep(Duration::from_millis(30)).await;
                let _ = sender.send("the task has sent");
            });
        }
        "work" => {
            let work = on_shutdown::in_flight("request");
            tokio::spawn(async move {
                sleep(Duration::from_millis(300)).await;
                println!("the work has ended");
                drop(work);
            });
        }
        "hook-fails" => {
            let settings = HookSettings::new().phase(Phase::Stop);
            let fails = register_sync("fails", settings, |_| Err::<(), _>("it cannot be done"));
            fails.expect("it is early enough");
        }
        "hook-hangs" => {
            let settings = HookSettings::new().phase(Phase::Stop).timeout(Duration::from_millis(500));
            let hangs = register("hangs", settings, async |_| std::future::pending::<()>().await);
            hangs.expect("it is early enough");
        }
        // What a sync hook spawns runs on its thread when the hook has returned.
        "hook-spawns" => {
            let settings = HookSettings::new().phase(Phase::Stop);
            let spawns = register_sync("spawns", settings, |_| {
                drop(tokio::spawn(async {
                    sleep(Duration::from_millis(10)).await;
                    println!("the hook's task has ended");
                }));
            });
            spawns.expect("it is early enough");
        }
        other => panic!("no way `{other}`"),
    }
    Ok(())
}
