//! 07, run-time hook: what exists only while the program runs brings its hook along, and takes it away when it goes.
//! Run `cargo run --bin 07_runtime_hook`.
//! New here: `register`, dropping a registration, `keep`, and an order among hooks made at run time.

use std::time::Duration;

use on_shutdown::{HookSettings, Phase, RegisterError, Registration, register, register_sync};
use tokio::time::sleep;

/// Its hook lives as long as it does.
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

    /// Whoever leaves by himself needs no goodbye: the registration is dropped, and the hook with it.
    fn close(self) {
        println!("{} has left", self.user);
    }
}

#[on_shutdown::main]
async fn main() -> anyhow::Result<()> {
    let ada = Session::open("ada")?;
    let bob = Session::open("bob")?;
    Session::open("cy")?.close();

    // By handle: this one starts when ada's has ended. It may block, so it is a sync one.
    let settings = HookSettings::new().after(&ada.registration);
    let log = register_sync("write the log", settings, |context| {
        println!("wrote the log, {}", context.trigger());
        std::io::Result::Ok(())
    })?;
    // For good: nothing needs to be held.
    log.keep();

    register("close the lobby", HookSettings::new().phase(Phase::Close), async |_context| {
        println!("closed the lobby");
        // Even now, for a phase that is still to come.
        match register_sync("last words", HookSettings::new().phase(Phase::Flush), |_| println!("that was all")) {
            Ok(last) => last.keep(),
            Err(error) => println!("{error}"),
        }
        // For one that has passed it is an error.
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
