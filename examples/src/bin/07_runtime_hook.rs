//! 07, run-time hook: an object registers a hook when it is created, and removes the hook when it is dropped.
//!
//! Run `cargo run --bin 07_runtime_hook`.
//! New here: `register`, a guard that removes a hook, `unregister`, and an order among registered hooks.

use std::time::Duration;

use on_shutdown::{HookGuard, HookSettings, Phase, RegisterError, register, register_sync};
use tokio::time::sleep;

/// Owns the guard of its hook: the hook lasts as long as the session.
struct Session {
    user: &'static str,
    goodbye: HookGuard,
}

impl Session {
    fn open(user: &'static str) -> Result<Self, RegisterError> {
        let settings = HookSettings::new().timeout(Duration::from_secs(1));
        let goodbye = register(format!("say goodbye to {user}"), settings, async move |_context| {
            sleep(Duration::from_millis(200)).await;
            println!("goodbye, {user}");
        })?;
        Ok(Self { user, goodbye: goodbye.into_guard() })
    }

    /// Drops the guard, which removes the hook: a user who has left gets no goodbye.
    fn close(self) {
        println!("{} has left", self.user);
    }
}

#[on_shutdown::main]
async fn main() -> anyhow::Result<()> {
    let ada = Session::open("ada")?;
    let bob = Session::open("bob")?;
    Session::open("cy")?.close();

    // Same phase, but this hook waits until the goodbye to ada has ended. A sync hook may block.
    let settings = HookSettings::new().after(ada.goodbye.registration());
    // Its registration is dropped here, and the hook stays.
    register_sync("log ada's goodbye", settings, |context| {
        println!("logged ada's goodbye, {}", context.trigger());
        std::io::Result::Ok(())
    })?;
    let report = register_sync("report an open order", HookSettings::new(), |_context| println!("an order is open"))?;
    // The order is complete, so nothing is left to report. A hook goes away only by a call or by a guard.
    println!("the order is complete, its hook is removed: {}", report.unregister());

    register("close the lobby", HookSettings::new().phase(Phase::Close), async |_context| {
        println!("closed the lobby");
        // A hook may register another hook for a later phase.
        let settings = HookSettings::new().phase(Phase::Finalize);
        if let Err(error) = register_sync("last words", settings, |_| println!("that was all")) {
            println!("{error}");
        }
        // Registering a hook for an earlier phase is an error.
        let settings = HookSettings::new().phase(Phase::Deregister);
        if let Err(error) = register_sync("too late", settings, |_| ()) {
            println!("{error}");
        }
    })?;

    examples::sigterm_after(Duration::from_secs(1));
    std::future::pending::<()>().await;
    drop((ada, bob));
    Ok(())
}
