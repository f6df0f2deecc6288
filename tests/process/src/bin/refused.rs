//! Installs settings that install refuses or just accepts, as the argument says. Prints the result of the install.

use std::time::Duration;

use on_shutdown::{Settings, Signal, on_shutdown};

#[on_shutdown(timeout = Duration::MAX)]
async fn endless() {}

fn main() {
    let settings = Settings::new();
    let settings = match std::env::args().nth(1).unwrap_or_default().as_str() {
        "no-signals" => settings.signals([]),
        "sigkill" => settings.signals([Signal::SIGTERM, Signal::from_raw(9)]),
        "sigstop" => settings.signals([Signal::from_raw(19)]),
        "no-such-signal" => settings.signals([Signal::from_raw(1234)]),
        "zero-grace" => settings.grace_period(Duration::ZERO),
        "endless-grace" => settings.grace_period(Duration::MAX),
        "long-delay" => settings.drain_delay(Duration::from_secs(9)),
        "endless-delay" => settings.drain_delay(Duration::MAX),
        "short-grace" => settings.grace_period(Duration::from_secs(3)).drain_delay(Duration::from_secs(2)),
        "too-short-grace" => settings.grace_period(Duration::from_secs(3)).drain_delay(Duration::from_millis(1200)),
        "half-delay" => settings.drain_delay(Duration::from_secs(5)),
        "long-drain" => settings.min_drain_time(Duration::from_secs(7)),
        "long-drain-after-delay" => settings.drain_delay(Duration::from_secs(3)).min_drain_time(Duration::from_secs(4)),
        "endless-drain" => settings.min_drain_time(Duration::MAX),
        "no-drain" => settings.max_drain_time(Duration::ZERO),
        "short-drain" => settings.min_drain_time(Duration::from_secs(3)).max_drain_time(Duration::from_secs(2)),
        "same-drain" => settings.min_drain_time(Duration::from_secs(3)).max_drain_time(Duration::from_secs(3)),
        "unused-drain" => settings.max_drain_time(Duration::from_secs(60)),
        other => panic!("no setting `{other}`"),
    };
    match settings.install() {
        Ok(handle) => println!("installed: {}", handle.plan()),
        Err(error) => println!("refused: {error}"),
    }
}
