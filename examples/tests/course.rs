//! Runs every example: each stops itself by SIGTERM and prints what its header promises.

use process::{Ended, Program};

fn run(path: &str) -> Ended {
    Program::new(path).run()
}

#[test]
fn settings() {
    let ended = run(env!("CARGO_BIN_EXE_02_settings"));
    ended.assert_code(143).assert_out("the plan with a grace period that is too short: a drain delay of 1.5 s");
    let plan = Program::new(env!("CARGO_BIN_EXE_02_settings")).env("ON_SHUTDOWN", "plan").run();
    plan.assert_code(0).assert_out("shutdown plan: 2 hooks, grace period 25 s");
    let longer = Program::new(env!("CARGO_BIN_EXE_02_settings")).env("ON_SHUTDOWN_GRACE_PERIOD", "41s").run();
    longer.assert_out("shutdown plan: 2 hooks, grace period 41 s");
}

#[test]
fn failures() {
    let ended = run(env!("CARGO_BIN_EXE_03_failures"));
    ended.assert_code(124).assert_out("the hook beside the three that overrun has completed");
    ended.assert_order(&["the hook after the failed one has completed", "sent the last metrics"]);
    ended.assert_err("3 completed, 1 failed, 1 panicked, 3 timed out, 1 skipped");
}

#[test]
fn server() {
    let ended = run(env!("CARGO_BIN_EXE_04_server"));
    ended.assert_code(0).assert_out("a gateway sees /ready: 503").assert_out("the long request sees /order: 200 ok");
}

#[test]
fn worker() {
    let ended = run(env!("CARGO_BIN_EXE_05_worker"));
    ended.assert_code(0).assert_out("the worker takes no more jobs").assert_out("the compressor has stopped");
    let taken = ended.out.iter().filter(|line| line.ends_with(" taken")).count();
    let done = ended.out.iter().filter(|line| line.starts_with("job ") && line.ends_with(" done")).count();
    assert!(taken > 0 && taken == done, "{ended}");
}

#[test]
fn state() {
    let ended = run(env!("CARGO_BIN_EXE_06_state"));
    ended
        .assert_code(70)
        .assert_order(&["closed db-1 and db-4", "uploaded"])
        .assert_err("skipped: no `06_state::Cache` was provided");
}

#[test]
fn runtime_hook() {
    let ended = run(env!("CARGO_BIN_EXE_07_runtime_hook"));
    ended.assert_code(0).assert_order(&["cy has left", "goodbye, ada", "closed the lobby", "that was all"]);
    ended.assert_out("hook `too late` was registered too late").assert_out("its hook is removed: true");
}

#[test]
fn order() {
    run(env!("CARGO_BIN_EXE_08_order")).assert_code(0).assert_order(&[
        "saved the cache, at once",
        "wrote the index of the orders",
        "removed the journal",
        "closed the database",
        "closed the tunnel",
    ]);
}

#[test]
fn report() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("10_report.json");
    let _ = std::fs::remove_file(&path);
    let program = Program::new(env!("CARGO_BIN_EXE_10_report")).env("ON_SHUTDOWN_REPORT", path.to_str().expect("text"));
    program
        .run()
        .assert_code(124)
        .assert_err("5 completed, 1 failed, 1 timed out, 1 skipped")
        .assert_no_err("cannot write the report");
    let kept =
        std::fs::read_to_string("../docs/report.svg").expect("docs/report.svg is made from this example's report");
    let json = std::fs::read_to_string(&path).expect("the report was written");
    let drawn = on_shutdown_report::Report::from_json(&json).expect("it is a report").to_svg();
    for (name, picture) in
        [("docs/report.svg (run the commands in docs/report.md again)", kept), ("the picture of this run", drawn)]
    {
        for shown in ["exit code 124", ">close_pool<", "waiting in rec", "cannot write the index", "at most 12"] {
            assert!(picture.contains(shown), "`{shown}` is not in {name}");
        }
    }
}

#[test]
fn dependency() {
    let path = env!("CARGO_BIN_EXE_11_dependency");
    let ended = run(path);
    ended.assert_code(0).assert_out("(timeout was 2 s, priority was 0)").assert_order(&["wrote the summary"]);
    ended.assert_out("disabled by the program's settings: orders::print_receipt (");
    assert!(!ended.out.iter().any(|line| line.contains("thank you")), "{ended}");
    let environment = |hooks| Program::new(path).env("ON_SHUTDOWN_HOOKS", hooks).env("ON_SHUTDOWN", "plan").run();
    environment("11_dependency::write_summary timeout=2s").assert_code(0).assert_out("(timeout was 1 s)");
    environment("orders::write_orders timeout=1s").assert_code(0).assert_out("has no effect: the program sets 4 s");
    let misspelt = environment("orders::write_order disabled");
    misspelt.assert_code(78).assert_err("there is no hook `orders::write_order`; write `orders::write_orders`");
}

#[test]
fn websocket() {
    let ended = run(env!("CARGO_BIN_EXE_12_websocket"));
    ended.assert_code(0).assert_no_err("cut off");
    ended.assert_order(&["-- SIGTERM", "the chat client sees the goodbye 1001: this server stops, connect again"]);
    ended.assert_out("event: stopping, data: connect again, and then the end");
}

#[test]
fn tasks() {
    let ended = run(env!("CARGO_BIN_EXE_13_tasks"));
    ended.assert_code(1).assert_order(&["loaded the prices", "order 3", "closed the pool"]);
    ended.assert_out("the client sees a whole answer, although the program is ready no more: true");
    ended.assert_out("the compressor has stopped").assert_err("failed: the broker hung up; 1 completed in");
}

#[test]
fn scopes() {
    let ended = run(env!("CARGO_BIN_EXE_14_scopes"));
    let order = [
        "wrote the access log of \"hello\"",
        "the old listener answered before it ended: /: 200 ok: hello (connection: close)",
        "its hooks: 1, exit code 0",
        "the program is ready: true, the old listener: false",
        "the new listener answers: /: 200 ok: good day",
        "wrote the access log of \"good day\"",
        "closed the pool, which all listeners share",
    ];
    ended.assert_code(0).assert_order(&order).assert_err("listener/write the access log");
}
