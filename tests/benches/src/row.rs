//! Holds one figure, with our value and the other's from the same run. Formats it as a line of the table and as JSON.

use serde_json::{Value, json};

use crate::samples::{Samples, short};

pub struct Row {
    figure: String,
    ours: String,
    against: String,
    pub value: f64,
    unit: &'static str,
    pub goal: Option<f64>,
    details: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Met,
    Missed,
    /// There is no goal: a figure to know.
    NoGoal,
}

fn details(samples: &Samples) -> Value {
    let [p10, p50, p99] = [10, 50, 99].map(|percent| samples.percentile(percent));
    json!({ "p10": p10, "median": p50, "p99": p99, "unit": samples.unit })
}

/// To as many digits after the point as the goal has, and two at least: runs of one program differ by more.
fn rounded(value: f64, goal: f64) -> f64 {
    let digits = goal.to_string().split_once('.').map_or(0, |(_, digits)| digits.len()).max(2);
    format!("{value:.digits$}").parse().unwrap_or(value)
}

impl Row {
    /// Median over median.
    pub fn ratio(figure: &str, ours: &Samples, (title, theirs): (&str, &Samples), goal: Option<f64>) -> Self {
        Self {
            figure: figure.to_owned(),
            ours: ours.to_string(),
            against: format!("{title}: {theirs}"),
            value: ours.median() / theirs.median(),
            unit: "×",
            goal,
            details: json!({ "ours": details(ours), "theirs": details(theirs), "against": title }),
        }
    }

    /// A median by itself.
    pub fn measured(figure: &str, ours: &Samples, goal: Option<f64>) -> Self {
        Self {
            details: json!({ "ours": details(ours) }),
            ..Self::number(figure, ours.median(), ours.unit, (&ours.to_string(), ""), goal)
        }
    }

    pub fn number(
        figure: &str,
        value: f64,
        unit: &'static str,
        (ours, against): (&str, &str),
        goal: Option<f64>,
    ) -> Self {
        let (figure, ours, against) = (figure.to_owned(), ours.to_owned(), against.to_owned());
        Self { figure, ours, against, value, unit, goal, details: Value::Null }
    }

    pub fn figure(&self) -> &str {
        &self.figure
    }

    pub fn verdict(&self) -> Verdict {
        match self.goal {
            Some(goal) if rounded(self.value, goal) <= goal => Verdict::Met,
            Some(_) => Verdict::Missed,
            None => Verdict::NoGoal,
        }
    }

    pub fn json(&self) -> Value {
        json!({
            "figure": self.figure, "value": self.value, "unit": self.unit, "goal": self.goal,
            "met": self.goal.map(|_| self.verdict() == Verdict::Met), "details": self.details,
        })
    }

    fn line(&self) -> String {
        let Self { figure, ours, against, value, unit, .. } = self;
        let gap = if *unit == "×" { "" } else { " " };
        let goal = self.goal.map(|goal| format!("≤ {goal}{gap}{unit}")).unwrap_or_default();
        let verdict = match self.verdict() {
            Verdict::Met => "met",
            Verdict::Missed => "**missed**",
            Verdict::NoGoal => "",
        };
        format!("| {figure} | {ours} | {against} | {}{gap}{unit} | {goal} | {verdict} |\n", short(*value))
    }
}

pub fn table(rows: &[Row]) -> String {
    let head = "| figure | on-shutdown: median (p10–p99) | against | result | goal | |\n|---|---|---|---|---|---|\n";
    rows.iter().fold(head.to_owned(), |table, row| table + &row.line())
}
