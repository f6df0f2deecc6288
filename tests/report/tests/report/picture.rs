//! Tests pictures of real reports: they are well-formed, load nothing, and show every hook.

use on_shutdown_report::Report;
use report::HOSTILE_NAME;
use roxmltree::{Document, Node};

use crate::{BADLY, MANY, WELL, folder, read, reporting_to, stopped};

/// Returns the report of a real shutdown, and its exit code.
fn reported(program: &str, test: &str) -> (Report, i32) {
    let path = folder(test).join("report.json");
    let ended = stopped(reporting_to(program, &path));
    let report = Report::from_json(&read(&path)).expect("it is a report");
    (report, ended.code.expect("it ended by itself"))
}

/// Returns the picture of a real shutdown, and its exit code.
fn drawn(program: &str, test: &str) -> (String, i32) {
    let (report, code) = reported(program, test);
    (report.to_svg(), code)
}

fn texts(picture: &Document<'_>, element: &str) -> Vec<String> {
    let nodes = picture.descendants().filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", element)));
    nodes.map(|node| words(&node)).collect()
}

fn words(node: &Node<'_, '_>) -> String {
    node.descendants().filter(Node::is_text).filter_map(|text| text.text()).collect()
}

fn assert_has(texts: &[String], text: &str) {
    assert!(texts.iter().any(|found| found.contains(text)), "no `{text}` in {texts:#?}");
}

#[test]
fn an_svg_is_well_formed_and_shows_every_hook_every_outcome_and_the_exit_code() {
    let (svg, code) = drawn(BADLY, "svg");
    let picture = Document::parse(&svg).unwrap_or_else(|error| panic!("{error}\n{svg}"));
    let (shown, tooltips) = (texts(&picture, "text"), texts(&picture, "title"));
    assert_has(&shown, &format!("exit code {code}"));
    let hooks = [
        ("fails", "failed"),
        ("panics", "panicked"),
        ("overruns", "timed out, cancelled"),
        ("blocks", "timed out, abandoned"),
        ("after_the_blocked_hook", "skipped"),
        ("misses_its_pool", "skipped"),
        ("leaves_a_task", "completed"),
        ("flush_metrics", "completed"),
    ];
    for (name, outcome) in hooks {
        assert!(shown.iter().any(|text| text == name), "no `{name}` in {shown:#?}");
        assert_has(&shown, outcome);
        let tooltip = tooltips.iter().find(|text| text.starts_with(&format!("report_badly::{name} (")));
        let tooltip = tooltip.unwrap_or_else(|| panic!("`{name}` has no tooltip in {tooltips:#?}"));
        assert!(tooltip.contains(outcome), "{tooltip}");
    }
    assert_has(&shown, "connection refused (os error 111)");
    assert_has(&shown, "left 1 task unfinished");
    assert_has(&shown, "(in flight)");
    if cfg!(target_os = "linux") {
        assert_has(&shown, "waiting in futex");
    }
    // Invisible characters have a visible replacement. A long name is cut at its beginning.
    assert_has(&tooltips, "push <a href=\"x\"> & 'b' ␛[31m\u{fffd}␀ 注文");
    assert!(!svg.contains(HOSTILE_NAME) && !svg.contains("<script"), "{svg}");
}

#[test]
fn nothing_is_fetched_and_nothing_runs() {
    let (report, _) = reported(BADLY, "alone");
    for (form, text) in [("svg", report.to_svg()), ("html", report.to_html())] {
        for foreign in ["<script", "<link", "<img", "@import", "href=", "src=", "onload", "//fonts"] {
            let text = text.replace("href=&quot;x&quot;", "");
            assert!(!text.contains(foreign), "`{foreign}` in the {form}");
        }
        let addresses = text.matches("http://").count() + text.matches("https://").count();
        assert_eq!(addresses, text.matches("http://www.w3.org/2000/svg").count(), "an address in the {form}");
    }
}

#[test]
fn no_number_has_more_than_one_digit_after_the_point() {
    let (svg, _) = drawn(WELL, "digits");
    let picture = Document::parse(&svg).expect("it is XML");
    let attributes = picture.descendants().flat_map(|node| node.attributes());
    let numbers = attributes.filter(|attribute| ["x", "y", "width", "height", "d"].contains(&attribute.name()));
    let mut count = 0;
    for number in
        numbers.flat_map(|attribute| attribute.value().split(|char: char| char != '.' && !char.is_ascii_digit()))
    {
        // Numbers without a zero before the point belong to icons, which are constants.
        let digits = number.split_once('.').map_or(0, |(_, digits)| digits.len());
        assert!(digits <= 1 || number.starts_with('.'), "{number}");
        count += 1;
    }
    assert!(count > 100, "{count} numbers");
}

#[test]
fn two_hundred_hooks_are_all_there() {
    let (svg, code) = drawn(MANY, "many");
    assert_eq!(code, 70);
    let picture = Document::parse(&svg).expect("it is XML");
    let shown = texts(&picture, "text");
    for n in 0..200 {
        let name = format!("hook_{n}");
        assert_eq!(shown.iter().filter(|text| **text == name).count(), 1, "{name}");
    }
    assert!(svg.len() < 1_000_000, "{} bytes", svg.len());
}

#[test]
fn a_page_holds_the_picture_and_the_same_as_a_table() {
    let (report, code) = reported(BADLY, "html");
    let html = report.to_html();
    assert_eq!(code, 124);
    // The page is XML as well, except for its first line and for elements without an end.
    let body = html.replace("<!DOCTYPE html>", "").replace("<br>", "<br/>");
    let body = body.lines().filter(|line| !line.starts_with("<meta ")).collect::<Vec<_>>().join("\n");
    let page = Document::parse(&body).unwrap_or_else(|error| panic!("{error}\n{html}"));
    let rows: Vec<String> = page.descendants().filter(|node| node.has_tag_name("tr")).map(|row| words(&row)).collect();
    for (name, outcome) in [("report_badly::overruns", "timed out, cancelled"), ("report_badly::fails", "refused")] {
        let row = rows.iter().find(|row| row.contains(name)).unwrap_or_else(|| panic!("no `{name}` in {rows:#?}"));
        assert!(row.contains(outcome), "{row}");
    }
    assert_has(&rows, "</title><script>alert(1)</script> & ]]>");
    assert_has(&rows, "SIGTERM from pid");
    assert_has(&texts(&page, "text"), "flush_metrics");
    assert!(html.contains("prefers-color-scheme: dark"));
}
