//! Changes and disables the hooks of the libraries that it uses.

use std::time::Duration;

use on_shutdown::Settings;
use process_metrics as _;
use process_orders as _;

fn settings() -> Settings {
    Settings::new()
        .hook_priority("process_orders::flush_orders", -7)
        .hook_timeout("process_orders::flush_orders", Duration::from_secs(2))
        .disable_hook("process_metrics::flush_metrics")
}

#[on_shutdown::main(settings = settings(), grace_period = "20s")]
fn main() {
    println!("ready");
    loop {
        std::thread::park();
    }
}
