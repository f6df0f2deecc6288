//! Registers one hook, and waits for ever in main.

#[on_shutdown::on_shutdown]
fn hook() {
    println!("hook");
}

#[on_shutdown::main]
fn main() {
    println!("ready");
    loop {
        std::thread::park();
    }
}

#[cfg(test)]
mod tests {
    use on_shutdown::testing::assert_dependencies_linked;

    #[test]
    #[should_panic(expected = "process-orders 0.3.1: write `use process_orders as _;` in src/main.rs")]
    fn spec_3_2_a_dependency_that_is_only_named_in_cargo_toml_is_found() {
        assert_dependencies_linked(&["process-metrics"]);
    }

    #[test]
    fn spec_3_2_a_dependency_without_hooks_can_be_excepted() {
        assert_dependencies_linked(&["process-metrics", "process-orders"]);
    }
}
