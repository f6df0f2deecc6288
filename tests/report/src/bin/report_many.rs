//! Declares 200 hooks in many groups.

use std::time::Duration;

use on_shutdown::{HookSettings, Phase, register};
use tokio::time::sleep;

#[on_shutdown::main(grace_period = "20s")]
async fn main() {
    for n in 0_u32..200 {
        let phase = if n < 120 { Phase::Stop } else { Phase::Close };
        let settings = HookSettings::new().phase(phase).priority(-i32::try_from(n / 10).expect("the number is small"));
        let took = Duration::from_millis(5 + u64::from(n * 7919 % 30));
        let hook =
            register(format!("hook_{n}"), settings.timeout(Duration::from_millis(900)), move |_context| async move {
                sleep(took).await;
                if n % 77 == 5 { Err("no space left on device") } else { Ok(()) }
            });
        hook.expect("the shutdown has not begun");
    }
    println!("ready");
    std::future::pending().await
}
