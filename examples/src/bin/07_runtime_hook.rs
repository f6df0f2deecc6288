//! 07, run-time hook: an object registers a hook when it is created, and removes the hook when it is dropped.
//!
//! Run `cargo run --bin 07_runtime_hook`.
//! New here: `register`, dropping a registration, `keep`, and an order among registered hooks.

use std::time::Duration;

use on_shutdown::{HookSettings, Phase, RegisterError, Registration, register, register_sync};
use tokio::time::sleep;

/// Owns the registration of its hook.
struct Session {
    user: &'static str,
    registration: Registration,
}

impl Session {
    fn open(user: &'static str) -> Result<Self, RegisterError> {
        let settings = HookSettings::new().timeout(Duration::from_secs(1));
        let registration = register(format!("say goodbye to {user}"), settings, async move |_context| {
            sleep(Duration::from_millis(200)).await;
            println!("goodbye, {user}");
        })?;
        Ok(Self { user, registration })
    }

    /// Drops the registration, which removes the hook: a user who has left gets no goodbye.
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
    let settings = HookSettings::new().after(&ada.registration);
    let log = register_sync("log ada's goodbye", settings, |context| {
        println!("logged ada's goodbye, {}", context.trigger());
        std::io::Result::Ok(())
    })?;
    // `keep` leaves the hook registered for the rest of the program.
    log.keep();

    register("close the lobby", HookSettings::new().phase(Phase::Close), async |_context| {
        println!("closed the lobby");
        // A hook may register another hook for a later phase.
        match register_sync("last words", HookSettings::new().phase(Phase::Finalize), |_| println!("that was all")) {
            Ok(last) => last.keep(),
            Err(error) => println!("{error}"),
        }
        // Registering a hook for an earlier phase is an error.
        match register_sync("too late", HookSettings::new().phase(Phase::Deregister), |_| ()) {
            Ok(late) => late.keep(),
            Err(error) => println!("{error}"),
        }
    })?
    .keep();

    examples::sigterm_after(Duration::from_secs(1));
    std::future::pending::<()>().await;
    drop((ada, bob));
    Ok(())
}
