//! Has hooks that end in every way. The first argument says what else happens; a second one sets the format.

use std::process::ExitCode;
use std::time::Duration;

use on_shutdown::{HookSettings, LogFormat, Phase, Scope, Settings, in_flight, on_shutdown, register};

#[on_shutdown]
fn completes() {}

#[on_shutdown]
fn fails() -> Result<(), String> {
    Err("line 1\nline \"2\" \u{1b}[31mred\u{202e}".to_owned())
}

#[on_shutdown(timeout = "100ms")]
async fn hangs() {
    std::future::pending().await
}

#[on_shutdown(phase = close)]
fn needs(_value: std::sync::Arc<u128>) {}

fn forever() -> std::convert::Infallible {
    println!("ready");
    loop {
        std::thread::park();
    }
}

fn settings() -> Settings {
    let settings = Settings::new().grace_period(Duration::from_secs(6));
    match std::env::args().nth(2).as_deref() {
        Some("json") => settings.format(LogFormat::Json),
        Some("text") => settings.format(LogFormat::Text),
        _ => settings,
    }
}

/// Work in flight that does not end.
fn works() -> ExitCode {
    settings().run(|| {
        let _work = in_flight("a \"request\"\n");
        forever()
    })
}

/// A hook that waits for a repeated signal.
fn waits() -> ExitCode {
    settings().run(|| {
        let wait = async |context: on_shutdown::HookContext| {
            println!("waits");
            context.fast_shutdown().await;
        };
        register("waits", HookSettings::new().phase(Phase::Deregister), wait).expect("in time");
        forever()
    })
}

fn scope() -> ExitCode {
    settings().run(|| {
        let scope = Scope::new("listener");
        scope.register_sync("say", HookSettings::new(), |_| Err::<(), _>("no")).expect("in time");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let report = runtime.block_on(scope.shut_down()).expect("from outside");
        println!("scope: {}", report.exit_code);
        forever()
    })
}

fn failed() -> ExitCode {
    settings().run(|| Err::<(), _>("two\nlines"))
}

fn quiet() -> ExitCode {
    settings().quiet(true).run(forever)
}

/// Says something before the install.
fn early() -> ExitCode {
    drop(on_shutdown::serve("too early", |draining| draining));
    settings().run(|| ())
}

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("works") => works(),
        Some("waits") => waits(),
        Some("scope") => scope(),
        Some("failed") => failed(),
        Some("quiet") => quiet(),
        Some("early") => early(),
        other => panic!("what is {other:?}?"),
    }
}
