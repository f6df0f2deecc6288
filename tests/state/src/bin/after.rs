//! Registers hooks at run time that wait for others: by handle, and by the path of an annotated hook.

use std::time::Duration;

use on_shutdown::{HookSettings, Phase, RegisterError, Registration, on_shutdown, register, register_sync};

mod orders {
    use std::time::Duration;

    #[on_shutdown::on_shutdown(timeout = "2s")]
    pub(crate) async fn write_orders() {
        tokio::time::sleep(Duration::from_millis(100)).await;
        println!("write_orders");
    }
}

#[on_shutdown(phase = close, timeout = "100ms")]
fn abandoned() {
    loop {
        std::thread::park();
    }
}

#[on_shutdown(phase = close)]
fn fails() -> Result<(), &'static str> {
    Err("no disk")
}

type Registered = Result<Registration, RegisterError>;

fn slow(name: &'static str, settings: HookSettings) -> Registered {
    register(name, settings, async move |_| {
        tokio::time::sleep(Duration::from_millis(50)).await;
        println!("{name}");
    })
}

fn quick(name: &'static str, settings: HookSettings) -> Registered {
    register_sync(name, settings, move |_| println!("{name}"))
}

fn all() -> Result<(), RegisterError> {
    let after_orders = slow("after the orders", HookSettings::new().after_hook::<orders::write_orders>())?;
    quick("after both", HookSettings::new().after(&after_orders).after_hook::<orders::write_orders>())?;
    let earlier_phase = slow("deregistered", HookSettings::new().phase(Phase::Deregister))?;
    let later = quick("stopped", HookSettings::new().after(&earlier_phase))?;

    let close = || HookSettings::new().phase(Phase::Close);
    let skipped = quick("must not be seen", close().after_hook::<abandoned>())?;
    quick("must not be seen either", close().after(&skipped))?;
    quick("after the failed one", close().after_hook::<fails>())?;

    let removed = slow("removed", close())?;
    quick("not waiting for the removed one", close().after(&removed))?;
    assert!(removed.unregister());
    let contradiction =
        quick("too early", HookSettings::new().phase(Phase::Drain).after_hook::<orders::write_orders>());
    println!("error: {}", contradiction.expect_err("drain is before stop"));
    let contradiction = quick("too high", HookSettings::new().priority(1).after(&later));
    println!("error: {}", contradiction.expect_err("priority 1 is before 0"));
    Ok(())
}

#[on_shutdown::main(grace_period = "20s")]
fn main() {
    all().expect("in time");
    println!("ready");
    loop {
        std::thread::park();
    }
}
