//! Writes an HTML page: the picture of each report, and the same as tables with the whole text of every error.

use crate::human_duration::HumanDuration;
use crate::markup::{Escaped, MarkupWriter};
use crate::model::{Hook, Report};
use crate::report_set::LabeledReport;
use crate::svg::outcome_style::OutcomeStyle;
use crate::svg::{self, STYLE, format_wall_clock};

/// The most characters of one error that the page shows. The JSON has all of them.
const MAX_ERROR: usize = 4000;

/// Returns one page with all reports. If there are several, each has its label as a heading, and a list of links leads
/// to them.
pub(crate) fn page(reports: &[LabeledReport]) -> String {
    let mut page = MarkupWriter::default();
    let title = match reports {
        [LabeledReport { report, .. }] => format!("shutdown report: {}", report.headline()),
        _ => format!("{} shutdown reports", reports.len()),
    };
    page.markup(format_args!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n<style>\n{STYLE}{}{}</style>\n</head>\n<body>",
        Escaped(&title),
        include_str!("html_dark.css"),
        include_str!("html_page.css"),
    ));
    if reports.len() == 1 {
        page.markup(format_args!("<h1 class=\"for-readers\">{}</h1>", Escaped(&title)));
    } else {
        page.markup(format_args!("<h1>{}</h1>", Escaped(&title)));
        write_contents(&mut page, reports);
    }
    for (index, LabeledReport { label, report }) in reports.iter().enumerate() {
        if reports.len() > 1 {
            page.markup(format_args!("<h2 class=\"report\" id=\"report-{}\">{}</h2>", index + 1, Escaped(label)));
        }
        page.markup(format_args!("<figure>\n{}</figure>", svg::element(report, index == 0)));
        write_hooks(&mut page, report);
        write_unfinished(&mut page, report);
        write_triggers(&mut page, report);
    }
    page.markup(format_args!("</body>\n</html>"));
    page.finish()
}

fn write_contents(page: &mut MarkupWriter, reports: &[LabeledReport]) {
    let columns = ["Report", "#Exit code", "When", "Process", "What"];
    write_table(page, "Overview", &columns, |page| {
        for (index, LabeledReport { label, report }) in reports.iter().enumerate() {
            page.markup(format_args!(
                "<tr><th scope=\"row\"><a href=\"#report-{}\">{}</a></th><td class=\"number\">{}</td><td>{}</td>\
                 <td>{}</td><td>{}</td></tr>",
                index + 1,
                Escaped(label),
                report.exit_code,
                format_wall_clock(report).unwrap_or_default(),
                Escaped(&report.process.as_ref().map(ToString::to_string).unwrap_or_default()),
                Escaped(&report.headline()),
            ));
        }
    });
}

/// Writes a heading and a table. A column whose name begins with `#` holds numbers.
fn write_table(page: &mut MarkupWriter, heading: &str, columns: &[&str], rows: impl FnOnce(&mut MarkupWriter)) {
    page.markup(format_args!("<h3>{heading}</h3>\n<div class=\"scroll\">\n<table>\n<thead><tr>"));
    for column in columns {
        match column.strip_prefix('#') {
            Some(column) => page.markup(format_args!("<th scope=\"col\" class=\"number\">{column}</th>")),
            None => page.markup(format_args!("<th scope=\"col\">{column}</th>")),
        }
    }
    page.markup(format_args!("</tr></thead>\n<tbody>"));
    rows(page);
    page.markup(format_args!("</tbody>\n</table>\n</div>"));
}

fn write_hooks(page: &mut MarkupWriter, report: &Report) {
    if report.hooks.is_empty() {
        return page.markup(format_args!("<p>No hooks.</p>"));
    }
    let columns = ["Phase", "#Priority", "Hook", "#Start", "#Took", "#Timeout", "Outcome"];
    write_table(page, "Hooks", &columns, |page| report.hooks.iter().for_each(|hook| write_hook(page, hook)));
}

fn write_hook(page: &mut MarkupWriter, hook: &Hook) {
    let run_time = hook.run_time();
    let start = run_time.map(|(start, _)| format!("+{}", HumanDuration(start))).unwrap_or_default();
    let took = run_time.map(|_| HumanDuration(hook.duration).to_string()).unwrap_or_default();
    let package = match hook.package.as_str() {
        "" => String::new(),
        package => format!(", {package} {}", hook.version),
    };
    page.markup(format_args!("<tr><td>{}</td><td class=\"number\">{}</td>", Escaped(&hook.phase), hook.priority));
    page.markup(format_args!(
        "<th scope=\"row\"><code>{}</code><br><span class=\"location\">{}:{}{}</span></th>",
        Escaped(&hook.full_name()),
        Escaped(&hook.file),
        hook.line,
        Escaped(&package)
    ));
    for number in [start, took, HumanDuration(hook.timeout).to_string()] {
        page.markup(format_args!("<td class=\"number\">{number}</td>"));
    }
    write_outcome(page, hook);
}

fn write_outcome(page: &mut MarkupWriter, hook: &Hook) {
    let style = OutcomeStyle::of(&hook.outcome);
    page.markup(format_args!(
        "<td><svg class=\"shutdown\" width=\"13\" height=\"13\" viewBox=\"-6.5 -6.5 13 13\" aria-hidden=\"true\">\
         <path class=\"icon {}\" d=\"{}\"/></svg>{}",
        style.css_class(),
        style.icon(),
        style.label()
    ));
    if let Some(why) = hook.outcome.why().or(hook.activity.as_deref()) {
        let shown: String = why.chars().take(MAX_ERROR).collect();
        let more = if shown.len() < why.len() { "…" } else { "" };
        page.markup(format_args!("<span class=\"why\">{}{more}</span>", Escaped(&shown)));
    }
    if let Some(left_tasks) = hook.left_tasks_text() {
        page.markup(format_args!("<span class=\"why\">{left_tasks}</span>"));
    }
    page.markup(format_args!("</td></tr>"));
}

fn write_unfinished(page: &mut MarkupWriter, report: &Report) {
    if report.in_flight.is_empty() {
        return;
    }
    write_table(page, "Work that was cut off", &["Name", "#Count", "#Oldest", "Started at"], |page| {
        for work in &report.in_flight {
            page.markup(format_args!(
                "<tr><th scope=\"row\"><code>{}</code></th><td class=\"number\">{}</td><td class=\"number\">{}</td>\
                 <td class=\"location\">{}:{}</td></tr>",
                Escaped(&work.name),
                work.count,
                HumanDuration(work.oldest),
                Escaped(&work.file),
                work.line
            ));
        }
    });
}

/// Writes the trigger, and the signals and requests after it.
fn write_triggers(page: &mut MarkupWriter, report: &Report) {
    write_table(page, "Signals and requests", &["When", "What"], |page| {
        let first = (format_wall_clock(report).unwrap_or_else(|| "0".to_owned()), &report.trigger);
        let later = report.later_triggers.iter();
        let later = later.map(|later| (format!("+{}", HumanDuration(later.at)), &later.trigger));
        for (at, trigger) in [first].into_iter().chain(later) {
            page.markup(format_args!("<tr><td>{at}</td><td>{}</td></tr>", Escaped(&trigger.to_string())));
        }
    });
}
