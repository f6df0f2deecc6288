//! Tests the most common case: a static program in an image made from nothing, and `docker stop`.

use containers::{Program, Recipe, Run, in_docker};

/// What `service` says, in order.
const SERVICE: [&str; 7] = [
    "ready",
    "left the registry",
    "finished the requests",
    "stopped the consumer",
    "stopped the clock",
    "closed the pool",
    "flushed the metrics",
];

/// `docker stop` of a service whose cleanup takes 0.3 s; docker would kill it after 10 s.
fn stop_service(run: &Run, sender: &str) {
    in_docker(|| {
        let image = Recipe::scratch(Program::new("service")).build()?;
        let container = run.ready(&image);
        let ended = container.stop().wait();
        ended.assert_code(0).assert_order(&SERVICE).assert_before(5);
        ended.assert_said(&format!("report: SIGTERM from {sender}; 6 completed"));
        Ok(())
    });
}

#[test]
fn spec_3_20_as_pid_1_docker_stop_runs_every_hook_in_order_and_takes_as_long_as_they_do() {
    stop_service(&Run::new(), "outside the container");
}

/// Here the sender is tini, which docker calls `docker-init`, and which passes the signal on.
#[test]
fn spec_3_20_under_init_docker_stop_runs_every_hook_in_order_and_takes_as_long_as_they_do() {
    stop_service(&Run::new().flag("--init"), "pid 1, uid 0 (docker-init)");
}

#[test]
fn spec_3_20_a_hardened_container_takes_nothing_that_the_shutdown_needs() {
    let flags = ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--user=65534:65534"];
    let run = flags.into_iter().fold(Run::new(), Run::flag);
    stop_service(&run, "outside the container");
}

/// The example stops itself, and one of its hooks hangs.
fn run_example(run: &Run, sender: &str) {
    in_docker(|| {
        let image = Recipe::scratch(Program::new("quickstart")).build()?;
        let ended = run.start(&image).wait();
        ended.assert_code(124);
        // These two run at the same time.
        for either in ["wrote the index", "wrote the orders"] {
            let ordered =
                ["working on order 8", "left the registry", "stopped the consumer", either, "sent the last metrics"];
            ended.assert_order(&ordered);
        }
        ended.assert_said(&format!("report: SIGTERM {sender}")).assert_said("; 5 completed, 1 timed out in ");
        // The path as this package's manifest writes it.
        ended.assert_said("timed out, cancelled (tests/containers/../../examples/quickstart/01_quickstart.rs:");
        Ok(())
    });
}

#[test]
fn spec_3_20_the_quickstart_example_as_pid_1_runs_all_hooks_and_names_the_one_that_hangs() {
    run_example(&Run::new(), "from pid 1, uid 0");
}

#[test]
fn spec_3_20_the_quickstart_example_under_init_runs_all_hooks_and_names_the_one_that_hangs() {
    run_example(&Run::new().flag("--init"), "from pid ");
}
