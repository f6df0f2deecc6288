//! Checks a program without the feature `json`: a setting that needs the feature is an error at the start.

use process::Program;

use crate::fixture::Build;

#[test]
fn a_json_report_is_refused_without_json_and_a_text_report_is_accepted() {
    let app = Build::new("app", "dev").program("app");
    let app = app.to_str().expect("the path is text");
    let ended = Program::new(app).env("ON_SHUTDOWN_REPORT", "report.json").run();
    ended.assert_code(78).assert_err(
        "`report.json` needs the feature `json` of on-shutdown, which is not compiled in; \
         add it in Cargo.toml, or write a path that ends in `.txt`",
    );
    assert_eq!(ended.out, [""; 0], "`main` must not run\n{ended}");
    let plan = Program::new(app).env("ON_SHUTDOWN_REPORT", "report.txt").env("ON_SHUTDOWN", "plan").run();
    plan.assert_code(0);
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
