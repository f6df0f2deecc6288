//! Measures tokio-graceful-shutdown, as in its README: a subsystem for each hook.

use std::time::Duration;

use benches::child::{asked, hook, ready};
use tokio_graceful_shutdown::{SubsystemBuilder, SubsystemHandle, Toplevel};

type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn subsystem(subsys: &mut SubsystemHandle) -> Result<(), Failure> {
    subsys.on_shutdown_requested().await;
    hook();
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let (_, hooks) = asked();
    let root = async move |subsys: &mut SubsystemHandle| {
        for number in 0..hooks {
            subsys.start(SubsystemBuilder::new(format!("hook {number}"), subsystem));
        }
        ready();
    };
    let toplevel = Toplevel::new(root).catch_signals();
    toplevel.handle_shutdown_requests(Duration::from_secs(5)).await.map_err(Into::into)
}
