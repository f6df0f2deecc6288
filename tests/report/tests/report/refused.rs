//! Paths that say nothing about the form of the report are refused at the start. (What a program without the features
//! says is tested where programs are built without them, in `tests/registration`.)

use process::Program;

use crate::{REPORT, WELL};

#[test]
fn an_ending_without_a_meaning_is_an_error_at_the_start_that_says_what_to_write() {
    for path in ["report.pdf", "report", ".json", "json", "reports/", "report.svg.gz"] {
        let ended = Program::new(WELL).env(REPORT, path).run();
        let said = format!(
            "the ending of `{path}` says nothing about the form of the report; \
             write a path that ends in `.json`, `.svg`, `.html` or `.txt`"
        );
        ended.assert_code(78).assert_err(&said).assert_no_err("panicked");
        assert_eq!(ended.out, [""; 0], "it must not start\n{ended}");
    }
}

#[test]
fn an_empty_variable_asks_for_nothing() {
    Program::new(WELL).arg("returns").env(REPORT, "").run().assert_code(0).assert_no_err("no report");
}
