//! Tests that the runtime refuses paths whose extension names no format, before `main` starts. `tests/registration` has
//! the tests of programs that are built without the feature `json`.

use process::Program;

use crate::{REPORT, WELL};

#[test]
fn an_unknown_extension_is_an_error_before_main_starts() {
    for path in ["report.pdf", "report", ".json", "json", "reports/", "report.json.gz"] {
        let ended = Program::new(WELL).env(REPORT, path).run();
        let message = format!(
            "the extension of `{path}` names no format of the report; \
             write a path that ends in `.json` or `.txt`"
        );
        ended.assert_code(78).assert_err(&message).assert_no_err("panicked");
        assert_eq!(ended.out, [""; 0], "main must not start\n{ended}");
    }
}

#[test]
fn a_picture_is_refused_with_the_command_that_makes_it() {
    for path in ["report.svg", "out/report.HTML"] {
        let ended = Program::new(WELL).env(REPORT, path).run();
        let json = format!("{}.json", path.split_once('.').expect("there is an extension").0);
        let message = format!(
            "the program cannot write the picture `{path}`; write `{json}`, \
             then run `on-shutdown-report {json} -o {path}`"
        );
        ended.assert_code(78).assert_err(&message).assert_no_err("panicked");
        assert_eq!(ended.out, [""; 0], "main must not start\n{ended}");
    }
}

#[test]
fn an_empty_variable_is_ignored() {
    Program::new(WELL).arg("returns").env(REPORT, "").run().assert_code(0).assert_no_err("cannot write the report");
}
