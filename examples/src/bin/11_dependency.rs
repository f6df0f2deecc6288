//! 11, dependency: a program changes the timeout of a library's hook, and disables another hook.
//!
//! Run `cargo run --bin 11_dependency`. An operator can change what the program leaves open, without a new build:
//! `ON_SHUTDOWN_HOOKS="11_dependency::write_summary timeout=2s" cargo run --bin 11_dependency`.
//! `cargo test --bin 11_dependency` finds dependencies whose hooks are not linked.
//! New here: `settings`, changes by a hook's full name, and `use that_crate as _`.

use std::time::Duration;

use on_shutdown::{Settings, on_shutdown};

// The compiler links only crates that the program names. Without this line the library's hooks are absent.
use orders as _;

/// Uses the full names that `ON_SHUTDOWN=plan` prints. A name without a hook is an error at install.
fn settings() -> Settings {
    Settings::new()
        .hook_timeout("orders::write_orders", Duration::from_secs(4))
        .hook_priority("orders::write_orders", 10)
        .disable_hook("orders::print_receipt")
}

/// Runs after `orders::write_orders`: same phase, but the library's hook now has the higher priority.
#[on_shutdown(phase = flush, timeout = "1s")]
fn write_summary() {
    println!("wrote the summary");
}

/// The attribute adds its other arguments to `settings`.
#[on_shutdown::main(settings = settings(), grace_period = "10s")]
async fn main() -> Result<(), on_shutdown::InstallError> {
    println!("{}", settings().plan()?);
    examples::sigterm_after(Duration::from_millis(500));
    std::future::pending().await
}

#[cfg(test)]
mod tests {
    use on_shutdown::testing::{Shutdown, assert_dependencies_linked, assert_fits, assert_hooks};

    use super::*;

    #[test]
    fn every_dependency_that_has_hooks_is_linked() {
        // Only the tests of this package use these.
        assert_dependencies_linked(&["process", "process-metrics", "process-orders"]);
        assert_hooks(&["11_dependency::write_summary", "orders::print_receipt", "orders::write_orders"]);
    }

    #[test]
    fn the_changed_plan_fits() {
        assert_fits(Shutdown::with_settings(settings()).plan());
    }
}
