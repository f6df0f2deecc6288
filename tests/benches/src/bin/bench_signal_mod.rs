//! Measures signal-mod, as in its README: hooks in a coordinator that is installed inside the runtime.

use benches::child::{asked, hook, ready};
use signal_mod::{Coordinator, ShutdownReason, SignalSet, hook_from_fn};

#[tokio::main]
async fn main() -> signal_mod::Result<()> {
    let (_, hooks) = asked();
    let mut builder = Coordinator::builder().signals(SignalSet::graceful());
    for number in 0..hooks {
        builder = builder.hook(hook_from_fn(format!("hook {number}"), 0, |_| hook()));
    }
    let coordinator = builder.build();
    coordinator.install()?;
    ready();
    let token = coordinator.token();
    token.wait().await;
    let reason = token.reason().unwrap_or(ShutdownReason::Requested);
    coordinator.run_hooks_async(reason).await;
    Ok(())
}
