//! A program for a target without threads that installs by itself. `tests/targets/wasm` runs each of its ways.

use std::time::Duration;

use on_shutdown::{ExitMode, Settings};
// Its hooks.
use targets_program as _;

fn main() -> Result<(), on_shutdown::InstallError> {
    let way = std::env::args().nth(1).unwrap_or_default();
    let settings = Settings::new().grace_period(Duration::from_secs(60));
    match &*way {
        "guard" => {
            let _guard = settings.install()?;
            println!("main returns");
        }
        "waits" => {
            let guard = settings.exit_mode(ExitMode::Return).install()?;
            let report = guard.wait();
            println!("the report says {}", report.trigger);
        }
        "requests-and-waits" => {
            let guard = settings.exit_mode(ExitMode::Return).install()?;
            guard.request_shutdown("a person asked");
            println!("the report says {}", guard.wait().trigger);
        }
        "finishes" => settings.install()?.finish(),
        // tokio lets no runtime block inside of another one.
        "inside" => in_runtime(async {
            let _guard = settings.install();
        }),
        "ends-inside" => in_runtime(async {
            let guard = settings.install().expect("it is the first install");
            println!("the report says {}", guard.end().await.trigger);
        }),
        other => panic!("no way `{other}`"),
    }
    Ok(())
}

fn in_runtime(main: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(main);
}
