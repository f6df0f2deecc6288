//! A report in, an HTML page out: the picture, and the same as tables for who cannot see it or wants the whole text.

use super::escape::Escaped;
use super::header::time;
use super::layout::span;
use super::look::Look;
use super::pen::Pen;
use super::svg::{self, STYLE};
use crate::length::Length;
use crate::report::{HookReport, Outcome, Report};

/// More of one error than this is not shown; the JSON form has all of it.
const LONGEST_TEXT: usize = 4000;

pub(super) fn page(report: &Report) -> String {
    let mut page = Pen::default();
    let headline = report.headline();
    page.put(format_args!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>shutdown report: {}</title>\n<style>\n{STYLE}{}{}</style>\n</head>\n<body>\n\
         <h1>Shutdown report: {}</h1>\n<figure>\n{}</figure>",
        Escaped(&headline),
        include_str!("dark.css"),
        include_str!("page.css"),
        Escaped(&headline),
        svg::element(report),
    ));
    hooks(&mut page, report);
    cut_off(&mut page, report);
    noted(&mut page, report);
    page.put(format_args!("</body>\n</html>"));
    page.finish()
}

/// A heading and a table; columns whose names begin with `#` hold numbers.
fn table(page: &mut Pen, heading: &str, columns: &[&str], rows: impl FnOnce(&mut Pen)) {
    page.put(format_args!("<h2>{heading}</h2>\n<div class=\"scroll\">\n<table>\n<thead><tr>"));
    for column in columns {
        match column.strip_prefix('#') {
            Some(column) => page.put(format_args!("<th scope=\"col\" class=\"number\">{column}</th>")),
            None => page.put(format_args!("<th scope=\"col\">{column}</th>")),
        }
    }
    page.put(format_args!("</tr></thead>\n<tbody>"));
    rows(page);
    page.put(format_args!("</tbody>\n</table>\n</div>"));
}

fn hooks(page: &mut Pen, report: &Report) {
    if report.hooks.is_empty() {
        return page.put(format_args!("<p>No hooks.</p>"));
    }
    let columns = ["Phase", "#Priority", "Hook", "#Start", "#Took", "#Timeout", "Outcome"];
    table(page, "Hooks", &columns, |page| report.hooks.iter().for_each(|hook| row(page, hook)));
}

fn row(page: &mut Pen, hook: &HookReport) {
    let ran = span(hook).and(hook.start);
    let start = ran.map(|start| format!("+{}", Length(start))).unwrap_or_default();
    let took = ran.map(|_| Length(hook.duration).to_string()).unwrap_or_default();
    let package = match hook.package.as_str() {
        "" => String::new(),
        package => format!(", {package} {}", hook.version),
    };
    page.put(format_args!("<tr><td>{}</td><td class=\"number\">{}</td>", hook.phase, hook.priority));
    page.put(format_args!(
        "<th scope=\"row\"><code>{}</code><br><span class=\"place\">{}:{}{}</span></th>",
        Escaped(&hook.full_name()),
        Escaped(&hook.file),
        hook.line,
        Escaped(&package)
    ));
    for number in [start, took, Length(hook.timeout).to_string()] {
        page.put(format_args!("<td class=\"number\">{number}</td>"));
    }
    outcome(page, hook);
}

fn outcome(page: &mut Pen, hook: &HookReport) {
    let look = Look::of(&hook.outcome);
    page.put(format_args!(
        "<td><svg class=\"shutdown\" width=\"13\" height=\"13\" viewBox=\"-6.5 -6.5 13 13\" aria-hidden=\"true\">\
         <path class=\"sign {}\" d=\"{}\"/></svg>{}",
        look.class(),
        look.sign(),
        look.words()
    ));
    let why = match &hook.outcome {
        Outcome::Failed(why) | Outcome::Panicked(why) => Some(why.clone()),
        Outcome::Skipped(why) => Some(why.to_string()),
        Outcome::Completed | Outcome::TimedOut { .. } => hook.doing.clone(),
    };
    if let Some(why) = why {
        let shown: String = why.chars().take(LONGEST_TEXT).collect();
        let more = if shown.len() < why.len() { "…" } else { "" };
        page.put(format_args!("<span class=\"why\">{}{more}</span>", Escaped(&shown)));
    }
    page.put(format_args!("</td></tr>"));
}

fn cut_off(page: &mut Pen, report: &Report) {
    if report.in_flight.is_empty() {
        return;
    }
    table(page, "Work that was cut off", &["Name", "#Count", "#Oldest", "Made at"], |page| {
        for work in &report.in_flight {
            page.put(format_args!(
                "<tr><th scope=\"row\"><code>{}</code></th><td class=\"number\">{}</td><td class=\"number\">{}</td>\
                 <td class=\"place\">{}:{}</td></tr>",
                Escaped(&work.name),
                work.count,
                Length(work.oldest),
                Escaped(&work.file),
                work.line
            ));
        }
    });
}

/// The trigger, and what came after it.
fn noted(page: &mut Pen, report: &Report) {
    table(page, "Signals and requests", &["When", "What"], |page| {
        let at = time(report).unwrap_or_else(|| "0".to_owned());
        let first = (at, report.trigger.to_string());
        let later = report.noted.iter().map(|noted| (format!("+{}", Length(noted.at)), noted.trigger.to_string()));
        for (at, what) in [first].into_iter().chain(later) {
            page.put(format_args!("<tr><td>{at}</td><td>{}</td></tr>", Escaped(&what)));
        }
    });
}
