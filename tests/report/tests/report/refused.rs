//! Paths that say nothing about the form of the report are refused at the start. (What a program without the features
//! says is tested where programs are built without them, in `tests/registration`.)

use process::Program;

use crate::{REPORT, WELL};

#[test]
fn an_ending_without_a_meaning_is_an_error_at_the_start_that_says_what_to_write() {
    for path in ["report.pdf", "report", ".json", "json", "reports/", "report.json.gz"] {
        let ended = Program::new(WELL).env(REPORT, path).run();
        let said = format!(
            "the ending of `{path}` says nothing about the form of the report; \
             write a path that ends in `.json` or `.txt`"
        );
        ended.assert_code(78).assert_err(&said).assert_no_err("panicked");
        assert_eq!(ended.out, [""; 0], "it must not start\n{ended}");
    }
}

#[test]
fn a_picture_is_refused_with_the_command_that_makes_it() {
    for path in ["report.svg", "out/report.HTML"] {
        let ended = Program::new(WELL).env(REPORT, path).run();
        let json = format!("{}.json", path.split_once('.').expect("there is an ending").0);
        let message = format!(
            "`{path}` asks for a picture; write `{json}`, and turn it into a picture with \
             `on-shutdown-report {json} -o {path}`"
        );
        ended.assert_code(78).assert_err(&message).assert_no_err("panicked");
        assert_eq!(ended.out, [""; 0], "it must not start\n{ended}");
    }
}

#[test]
fn an_empty_variable_asks_for_nothing() {
    Program::new(WELL).arg("returns").env(REPORT, "").run().assert_code(0).assert_no_err("no report");
}
