//! Handles signals in the way that the argument names.

use std::io::Write;
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::SigSet;
use on_shutdown::{HookContext, Settings, Signal, on_shutdown};

fn mode() -> String {
    std::env::args().nth(1).unwrap_or_default()
}

#[on_shutdown]
fn slow_hook() {
    if ["slow", "others"].contains(&mode().as_str()) {
        std::thread::sleep(Duration::from_millis(300));
        println!("slow hook");
    }
}

#[on_shutdown(timeout = "20s")]
async fn endless_hook(context: HookContext) {
    if mode() == "endless" {
        println!("endless hook");
        context.fast_shutdown().await;
        println!(
            "fast shutdown, {} left",
            if context.remaining() <= Duration::from_secs(1) { "a second" } else { "more" }
        );
        std::future::pending().await
    }
}

#[on_shutdown(priority = 1)]
async fn asks() {
    if mode() == "asks" {
        let _ = on_shutdown::request_shutdown("from a hook");
        // Waits until the shutdown has seen the request.
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[on_shutdown]
fn std_child() {
    if mode() == "children" {
        let output = status_of_child().output().expect("a child");
        tell("hook std", &output.stdout);
    }
}

#[on_shutdown]
async fn tokio_child() {
    if mode() == "children" {
        let output = tokio::process::Command::from(status_of_child()).output().await.expect("a child");
        tell("hook tokio", &output.stdout);
    }
}

macro_rules! phases {
    ($($phase:ident $name:ident)*) => { $(
        #[on_shutdown(phase = $phase)]
        async fn $name() {
            if mode() == "phases" {
                println!("{} began", stringify!($phase));
                tokio::time::sleep(Duration::from_millis(60)).await;
                println!("{} ended", stringify!($phase));
            }
        }
    )* };
}

phases!(deregister in_deregister drain in_drain stop in_stop flush in_flush close in_close finalize in_finalize);

fn status_of_child() -> Command {
    let mut command = Command::new("cat");
    command.arg("/proc/self/status");
    command
}

fn tell(who: &str, status: &[u8]) {
    println!("{who} {}", process::masks(&String::from_utf8_lossy(status)));
}

fn main() {
    let settings = Settings::new().grace_period(Duration::from_secs(30));
    let settings = match mode().as_str() {
        "override" => settings.handle_ignored_signals(true),
        "others" => settings.signals([Signal::SIGTERM, Signal::SIGQUIT, Signal::SIGHUP, Signal::from_raw(37)]),
        "blocked" => {
            SigSet::all().thread_block().expect("a mask");
            settings
        }
        _ => settings,
    };
    let _handle = settings.install().expect("the settings are right");
    if mode() == "children" {
        return children();
    }
    println!("ready");
    let _ = std::io::stdout().flush();
    loop {
        std::thread::park();
    }
}

fn children() {
    let output = status_of_child().output().expect("a child");
    tell("main std", &output.stdout);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let output = tokio::process::Command::from(status_of_child()).output().await.expect("a child");
        tell("main tokio", &output.stdout);
        // The program can still wait for a child that ends during the shutdown.
        let mut child = Command::new("sh");
        let mut child =
            child.args(["-c", "read line; exit 3"]).stdin(std::process::Stdio::piped()).spawn().expect("a child");
        // The first question comes before the signal, so the drain phase waits for `main`.
        tokio::join!(biased; on_shutdown::draining(), async { println!("ready") });
        drop(child.stdin.take());
        println!("main reaped its child: {}", child.wait().expect("no other code has reaped it"));
    });
}
