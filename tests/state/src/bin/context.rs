//! Declares hooks that read the context of their shutdown.

use std::time::{Duration, Instant};

use on_shutdown::{HookContext, HookSettings, Phase, on_shutdown, register};

#[on_shutdown(phase = deregister, timeout = "4s")]
fn deregistered(context: HookContext) {
    tell("deregistered", &context, Duration::from_secs(4));
}

#[on_shutdown(phase = drain, timeout = "3s")]
async fn drained(context: &HookContext) {
    tell("drained", context, Duration::from_secs(3));
    tokio::time::sleep(Duration::from_millis(50)).await;
    println!("drained: time has passed: {}", context.remaining() <= Duration::from_millis(2950));
}

/// A hook that cannot be cancelled, and reads the clock.
#[on_shutdown(phase = drain, timeout = "300ms")]
fn patient(context: HookContext) {
    while !context.remaining().is_zero() {
        std::thread::sleep(Duration::from_millis(1));
    }
    println!("patient: the deadline is past: {}", Instant::now() >= context.deadline());
}

/// Waits until a repeated signal asks for a fast shutdown.
#[on_shutdown(timeout = "20s")]
async fn waits(context: HookContext) {
    println!("waits: fast {}", context.is_fast());
    context.fast_shutdown().await;
    context.fast_shutdown().await;
    let soon = context.remaining() <= Duration::from_secs(2);
    println!("waits: fast {}, soon over {soon}", context.is_fast());
}

#[on_shutdown(timeout = "20s")]
fn polls(context: HookContext) {
    while !context.is_fast() {
        std::thread::sleep(Duration::from_millis(1));
    }
    println!("polls: fast");
}

#[on_shutdown(phase = finalize, timeout = "3s")]
async fn flushed(context: HookContext) {
    // The whole time limit of this hook is short now.
    println!("flushed: soon over {}", context.remaining() <= Duration::from_secs(2));
}

fn tell(name: &str, context: &HookContext, timeout: Duration) {
    let (left, until) = (context.remaining(), context.deadline().saturating_duration_since(Instant::now()));
    let plausible = left <= timeout && until <= left && !left.is_zero();
    println!("{name}: {} in {}, time is plausible {plausible}", context.trigger(), context.phase());
}

#[on_shutdown::main(grace_period = "60s")]
fn main() {
    let settings = HookSettings::new().phase(Phase::Close).timeout(Duration::from_secs(1));
    register("registered", settings, async |context| {
        tell("registered", &context, Duration::from_secs(1));
    })
    .expect("in time");
    println!("ready");
    loop {
        std::thread::park();
    }
}
