//! Registers hooks for the programs under test. Each hook prints on stdout that it ran.

use std::future;
use std::time::Duration;

use on_shutdown::{HookSettings, Phase, register, register_sync};

/// Writes a line to stdout without the lock of the standard library.
pub fn say(line: &str) {
    let _ = nix::unistd::write(std::io::stdout(), format!("{line}\n").as_bytes());
}

fn settings(phase: Phase) -> HookSettings {
    HookSettings::new().phase(phase).timeout(Duration::from_millis(2500))
}

/// A sync hook that works.
pub fn sync_hook(name: &str, phase: Phase) {
    let hook = name.to_owned();
    let work = move |_| {
        say(&format!("{hook} ran"));
        Ok::<(), String>(())
    };
    register_sync(name.to_owned(), settings(phase), work).expect("it is early enough");
}

/// An async hook that works, over an await.
pub fn async_hook(name: &str, phase: Phase) {
    let hook = name.to_owned();
    let work = async move |_| {
        tokio::time::sleep(Duration::from_millis(20)).await;
        say(&format!("{hook} ran"));
        Ok::<(), String>(())
    };
    register(name.to_owned(), settings(phase), work).expect("it is early enough");
}

/// Prints that the program is ready, and waits for ever.
pub fn work_for_ever() -> ! {
    say("ready");
    loop {
        std::thread::park();
    }
}

/// The same, for a program on an async runtime.
pub async fn await_for_ever() {
    say("ready");
    future::pending().await
}
