//! Sets everything itself that a variable could also set. The argument, if there is one, is the file of the report.

use std::time::Duration;

use on_shutdown::{Settings, on_shutdown};

#[on_shutdown(phase = flush)]
fn flush() {}

#[on_shutdown(phase = close)]
fn close() {}

fn main() -> std::process::ExitCode {
    let report = std::env::args().nth(1).unwrap_or_else(|| "own/report.txt".to_owned());
    let settings = Settings::new().grace_period(Duration::from_secs(25)).report_file(report);
    let settings = settings.drain_delay(Duration::from_secs(1));
    settings
        .hook_timeout("own_values::flush", Duration::from_secs(4))
        .hook_priority("own_values::flush", 7)
        .disable_hook("own_values::close")
        .run(|| ())
}
