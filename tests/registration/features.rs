//! Checks a program without the feature `json`: a setting that needs the feature is an error at the start.

use std::fs;

use process::{Program, Signal};

use crate::fixture::{Build, scratch};

/// The variable may come from a parent that has the feature.
#[test]
fn spec_3_30_a_json_report_that_the_variable_asks_for_is_a_text_without_json() {
    let app = Build::new("app", "dev").program("app");
    let app = app.to_str().expect("the path is text");
    let folder = scratch("features");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the folder is ours");
    let (json, text) = (folder.join("report.json"), folder.join("report.txt"));
    let program = || Program::new(app).env("ON_SHUTDOWN_REPORT", json.to_str().expect("the path is text"));
    let mut running = program().start();
    running.signal(Signal::SIGTERM);
    let warning = format!(
        "`ON_SHUTDOWN_REPORT`: {} needs the feature `json` of on-shutdown, which is not compiled in; the report goes to {} \
         as text",
        json.display(),
        text.display()
    );
    running.wait().assert_code(0).assert_err(&warning);
    assert!(fs::read_to_string(&text).expect("the report").starts_with("shutdown report: SIGTERM; "));
    assert!(!json.exists());
    program().env("ON_SHUTDOWN", "check").run().assert_code(78).assert_out(&format!("note: {warning}"));
    let plan = Program::new(app).env("ON_SHUTDOWN_REPORT", "report.txt").env("ON_SHUTDOWN", "check").run();
    plan.assert_code(0);
}

#[test]
fn a_json_report_that_the_program_asks_for_is_refused_without_json() {
    let app = Build::new("app", "dev").program("app");
    let ended = Program::new(app.to_str().expect("the path is text")).arg("report.json").run();
    ended.assert_code(78).assert_err(
        "`report.json` needs the feature `json` of on-shutdown, which is not compiled in; \
         add it in Cargo.toml, or write a path that ends in `.txt`",
    );
    assert_eq!(ended.out, [""; 0], "`main` must not run\n{ended}");
}

#[test]
fn spec_3_22_the_plan_as_json_is_refused_without_json() {
    let app = Build::new("app", "dev").program("app");
    let ended = Program::new(app.to_str().expect("the path is text")).env("ON_SHUTDOWN", "plan-json").run();
    ended.assert_code(78).assert_err(
        "`ON_SHUTDOWN=plan-json` needs the feature `json` of on-shutdown, which is not compiled in; \
         add it in Cargo.toml, or write `ON_SHUTDOWN=plan`",
    );
    assert_eq!(ended.out, [""; 0], "{ended}");
}

#[test]
fn spec_3_30_lines_as_json_are_text_without_json_and_a_warning_says_so() {
    let app = Build::new("app", "dev").program("app");
    let program = || Program::new(app.to_str().expect("the path is text")).env("ON_SHUTDOWN_FORMAT", "json");
    let warning = "`ON_SHUTDOWN_FORMAT=json` has no effect: it needs the feature `json` of on-shutdown, which is not \
                   compiled in; add it in Cargo.toml, or unset the variable";
    let mut running = program().start();
    running.signal(Signal::SIGTERM);
    let ended = running.wait();
    ended.assert_code(0).assert_err(&format!("on-shutdown: {warning}")).assert_err("shutdown report: ");
    program().env("ON_SHUTDOWN", "check").run().assert_code(78).assert_out(&format!("note: {warning}"));
}
