//! Checks quickly that every program starts, stops and is measured. The figures themselves have no meaning.

use std::process::Command;

#[test]
fn every_figure_is_measured() {
    let output = Command::new(env!("CARGO_BIN_EXE_benches")).arg("smoke").output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    for figure in [
        "signal → first hook, idle",
        "signal → first hook, under load",
        "signal → reaped, 100 trivial hooks",
        "one more sync hook",
        "one more hook in a chain of priorities",
        "200 hooks with random `after`",
        "exec → ready, async main",
        "idle: wake-ups in 5 s, added",
        "a guard made and dropped, 2 threads",
        "| tokio-util |",
        "| elegant-departure |",
    ] {
        assert!(said.contains(figure), "no `{figure}` in:\n{said}");
    }
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_benches")).parent().unwrap().with_file_name("benches");
    let json = std::fs::read_to_string(folder.join("benchmarks.json")).expect("it was written");
    let json: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert!(json["rows"].as_array().is_some_and(|rows| rows.len() > 20), "{json:#}");
    let picture = std::fs::read_to_string(folder.join("benchmarks.svg")).expect("it was written");
    assert!(picture.starts_with("<svg") && picture.trim_end().ends_with("</svg>") && !picture.contains("NaN"));
}
