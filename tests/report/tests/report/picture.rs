//! The picture is well-formed, stands alone, and tells what the report tells.

use report::HOSTILE_NAME;
use roxmltree::{Document, Node};

use crate::{BADLY, MANY, WELL, folder, read, reporting_to, stopped};

/// The picture of a real shutdown, and its exit code.
fn drawn(program: &str, test: &str, form: &str) -> (String, i32) {
    let path = folder(test).join(format!("report.{form}"));
    let ended = stopped(reporting_to(program, &path));
    (read(&path), ended.code.expect("it ended by itself"))
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
fn an_svg_is_well_formed_and_tells_every_hook_its_outcome_and_the_exit_code() {
    let (svg, code) = drawn(BADLY, "svg", "svg");
    let picture = Document::parse(&svg).unwrap_or_else(|error| panic!("{error}\n{svg}"));
    let (shown, tooltips) = (texts(&picture, "text"), texts(&picture, "title"));
    assert_has(&shown, &format!("exit code {code}"));
    let hooks = [
        ("fails", "failed"),
        ("panics", "panicked"),
        ("overruns", "timed out, cancelled"),
        ("blocks", "timed out, abandoned"),
        ("after_the_blocked_one", "skipped"),
        ("misses_its_pool", "skipped"),
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
    assert_has(&shown, "(in flight)");
    if cfg!(target_os = "linux") {
        assert_has(&shown, "waiting in futex");
    }
    // What is invisible is shown, and a name is cut at its beginning.
    assert_has(&tooltips, "push <a href=\"x\"> & 'b' ␛[31m\u{fffd}␀ 注文");
    assert!(!svg.contains(HOSTILE_NAME) && !svg.contains("<script"), "{svg}");
}

#[test]
fn nothing_is_fetched_and_nothing_runs() {
    for form in ["svg", "html"] {
        let (text, _) = drawn(BADLY, &format!("alone-{form}"), form);
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
    let (svg, _) = drawn(WELL, "digits", "svg");
    let picture = Document::parse(&svg).expect("it is XML");
    let attributes = picture.descendants().flat_map(|node| node.attributes());
    let numbers = attributes.filter(|attribute| ["x", "y", "width", "height", "d"].contains(&attribute.name()));
    let mut count = 0;
    for number in
        numbers.flat_map(|attribute| attribute.value().split(|char: char| char != '.' && !char.is_ascii_digit()))
    {
        // Without a zero before the point, it is of a sign, which is written by hand.
        let digits = number.split_once('.').map_or(0, |(_, digits)| digits.len());
        assert!(digits <= 1 || number.starts_with('.'), "{number}");
        count += 1;
    }
    assert!(count > 100, "{count} numbers");
}

#[test]
fn two_hundred_hooks_are_all_there() {
    let (svg, code) = drawn(MANY, "many", "svg");
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
    let (html, code) = drawn(BADLY, "html", "html");
    assert_eq!(code, 124);
    // What we write of HTML is XML as well, but for the first line and for elements without an end.
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
