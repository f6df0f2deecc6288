//! 11, dependency: a program re-times one hook of a library that it uses, and disables another.
//! Run `cargo run --bin 11_dependency`; with `ON_SHUTDOWN_HOOKS="orders::write_orders timeout=1s"` before it, the person
//! who runs it changes it again. `cargo test --bin 11_dependency` finds dependencies whose hooks are not linked.
//! New here: `settings`, changes by a hook's full name, and `use that_crate as _`.

use std::time::Duration;

use on_shutdown::{Settings, on_shutdown};

// Nothing else of it is named here, and what is not named is not linked: without this line it has no hooks.
use orders as _;

/// The names are those that `ON_SHUTDOWN=plan` prints. One that no hook has is an error at the start.
fn settings() -> Settings {
    Settings::new()
        .hook_timeout("orders::write_orders", Duration::from_secs(4))
        .hook_priority("orders::write_orders", 10)
        .disable_hook("orders::print_receipt")
}

/// Of the same phase as `orders::write_orders`, which has the higher priority now.
#[on_shutdown(phase = close, timeout = "1s")]
fn close_database() {
    println!("closed the database");
}

/// What has a name in the attribute is written there; it is added to `settings`.
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
        // These are only for the tests of this package.
        assert_dependencies_linked(&["process", "process-metrics", "process-orders"]);
        assert_hooks(&["11_dependency::close_database", "orders::print_receipt", "orders::write_orders"]);
    }

    #[test]
    fn the_changed_plan_fits() {
        assert_fits(Shutdown::with_settings(settings()).plan());
    }
}
