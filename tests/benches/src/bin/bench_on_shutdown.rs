//! Measures on-shutdown. The variant is the kind of `main` and the kind of hooks, as `multi-async`. The program
//! registers the hooks at run time, because an argument sets their number.

use std::future::pending;
use std::process::ExitCode;

use benches::child::{asked, hook, ready};
use on_shutdown::{HookSettings, register, register_sync};

fn make(kind: &str, hooks: usize) {
    for number in 0..hooks {
        let settings = HookSettings::new();
        let registration = match kind {
            "sync" => register_sync("hook", settings, |_| hook()),
            "async" => register("hook", settings, async |_| hook()),
            // Each in a group of its own.
            "chain" => {
                let priority = i32::try_from(number).expect("a priority");
                register_sync("hook", settings.priority(priority), |_| hook())
            }
            _ => panic!("{kind}: unknown"),
        };
        registration.expect("it is early enough");
    }
}

fn kind(variant: &str) -> &str {
    variant.split_once('-').expect("a kind of `main` and a kind of hooks").1
}

#[on_shutdown::main]
fn main_sync() {
    let (variant, hooks) = asked();
    make(kind(&variant), hooks);
    ready();
    loop {
        std::thread::park();
    }
}

#[on_shutdown::main]
async fn main_multi() {
    let (variant, hooks) = asked();
    make(kind(&variant), hooks);
    ready();
    pending::<()>().await;
}

fn main() -> ExitCode {
    if asked().0.starts_with("multi") { main_multi() } else { main_sync() }
}
