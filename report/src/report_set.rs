//! Collects several reports, and shows them together.

use crate::json::{ReadError, read_all};
use crate::model::Report;
use crate::one_line::OneLine;
use crate::text::TextOptions;
use crate::{html, trace};

/// Reports of several shutdowns, such as those of all replicas of a service, each with a label.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportSet {
    reports: Vec<LabeledReport>,
}

/// A report, and the name under which it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LabeledReport {
    pub(crate) label: String,
    pub(crate) report: Report,
}

impl ReportSet {
    /// Returns a set without reports.
    #[must_use]
    pub const fn new() -> Self {
        Self { reports: Vec::new() }
    }

    /// Adds a report under a label.
    pub fn add(&mut self, label: impl Into<String>, report: Report) {
        self.reports.push(LabeledReport { label: label.into(), report });
    }

    /// Reads and adds all reports of a text: one, or several that follow each other, as in JSON lines.
    ///
    /// If there are several, they are numbered: `label #1`, `label #2`.
    ///
    /// # Errors
    /// The text holds no report, or anything that is not a report. No report is added then.
    pub fn read(&mut self, label: &str, json: &str) -> Result<(), ReadError> {
        let reports = read_all(json)?;
        let is_single = reports.len() == 1;
        for (index, report) in reports.into_iter().enumerate() {
            let label = if is_single { label.to_owned() } else { format!("{label} #{}", index + 1) };
            self.add(label, report);
        }
        Ok(())
    }

    /// Returns the number of reports.
    #[must_use]
    pub fn len(&self) -> usize {
        self.reports.len()
    }

    /// Returns whether there are no reports.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.reports.is_empty()
    }

    /// Returns the reports in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = &Report> {
        self.reports.iter().map(|labeled| &labeled.report)
    }

    /// Returns all reports as text, one after the other. Labels are shown if there is more than one report.
    #[must_use]
    pub fn to_text(&self, options: TextOptions) -> String {
        if let [LabeledReport { report, .. }] = self.reports.as_slice() {
            return report.to_text(options);
        }
        let sections = self.reports.iter().map(|LabeledReport { label, report }| {
            let text = report.to_text(options);
            format!("== {}\n{text}", OneLine(label))
        });
        sections.collect::<Vec<_>>().join("\n")
    }

    /// Returns one HTML page with all reports.
    #[must_use]
    pub fn to_html(&self) -> String {
        html::page(&self.reports)
    }

    /// Returns all reports as one trace in the Trace Event Format, which <https://ui.perfetto.dev> and
    /// `chrome://tracing` open.
    ///
    /// Each report is a process. The trace begins with the first trigger by the wall clock; a report without a wall
    /// clock begins there as well.
    #[must_use]
    pub fn to_trace(&self) -> String {
        trace::document(&self.reports)
    }
}

impl Report {
    /// Returns the report as one HTML page: the picture of [`to_svg`](Self::to_svg), and tables with the whole text of
    /// every error. The page is dark if the reader's system is.
    #[must_use]
    pub fn to_html(&self) -> String {
        self.as_set().to_html()
    }

    /// Returns the report as a trace in the Trace Event Format. See [`ReportSet::to_trace`].
    #[must_use]
    pub fn to_trace(&self) -> String {
        self.as_set().to_trace()
    }

    fn as_set(&self) -> ReportSet {
        let mut set = ReportSet::new();
        set.add("shutdown", self.clone());
        set
    }
}
