//! Writes the generated part of the page, which is between two marks, and reads it back.

use std::fmt::{self, Write};

use crate::cause::Cause;
use crate::judge::{Cell, Contender, End, Named};

const BEGIN: &str = "<!-- made by `UPDATE_DOCS=1 cargo test -p peers`: begin -->\n";
const END: &str = "<!-- end -->";

/// A cell that differs from run to run. The page lists what was seen, and the test does not compare it.
pub struct Varies {
    pub contender: &'static str,
    pub cause: fn(&Cause) -> bool,
    pub answers: Answers,
}

pub enum Answers {
    All(&'static str),
    /// Only the last, who the culprit is.
    Named(&'static str),
}

/// `cells[cause][contender]`
pub fn render(contenders: &[Contender], causes: &[Cause], cells: &[Vec<Cell>], varies: &[Varies]) -> String {
    let mut text = format!("Versions: {}.\n\n|", versions());
    for title in std::iter::once("what goes wrong").chain(contenders.iter().map(|contender| contender.title)) {
        let _ = write!(text, " {title} |");
    }
    let _ = writeln!(text, "\n|{}", "---|".repeat(contenders.len() + 1));
    for (cause, row) in causes.iter().zip(cells) {
        let _ = write!(text, "| {} |", cause.title);
        for (contender, cell) in contenders.iter().zip(row) {
            let _ = write!(text, " {} |", render_cell(contender, cause, cell, varies));
        }
        text.push('\n');
    }
    text
}

/// The four answers, where they are not known to vary.
pub fn render_cell(contender: &Contender, cause: &Cause, cell: &Cell, varies: &[Varies]) -> String {
    let varying = varies.iter().find(|it| it.contender == contender.title && (it.cause)(cause));
    match varying.map(|it| &it.answers) {
        Some(Answers::All(seen)) => format!("varies: {seen}"),
        Some(Answers::Named(seen)) => format!("{cell} · varies: {seen}"),
        None => format!("{cell} · {}", cell.named.word()),
    }
}

impl fmt::Display for Cell {
    /// Writes the unwanted parts of an answer in bold.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bold = |yes| if yes { "**" } else { "" };
        let (ran, of) = self.ran;
        let (lost, concealed) = (bold(ran < of), bold(self.conceals));
        write!(f, "{lost}{ran}/{of}{lost} · ")?;
        match self.end {
            End::Exit(code) => write!(f, "in time · {concealed}{code}{concealed}"),
            End::By(signal) => write!(f, "in time · signal {signal}"),
            End::Late => write!(f, "**too late** · –"),
            End::Never => write!(f, "**never ends** · –"),
        }
    }
}

impl Named {
    fn word(self) -> &'static str {
        match self {
            Self::WithPlace => "file:line",
            Self::ByName => "name",
            Self::Not => "**no**",
            Self::NoCulprit => "–",
        }
    }
}

/// As cargo has settled on.
fn versions() -> String {
    let lock = std::fs::read_to_string(root("Cargo.lock")).expect("Cargo.lock");
    let version = |name: &str| {
        let start = format!("name = \"{name}\"\nversion = \"");
        let rest = lock.split_once(&start).unwrap_or_else(|| panic!("{name} in Cargo.lock")).1;
        format!("{name} {}", rest.split('"').next().unwrap_or_default())
    };
    ["on-shutdown", "tokio-graceful-shutdown", "signal-mod", "tokio"].map(version).join(", ")
}

fn root(path: &str) -> String {
    format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"))
}

/// The page in the documentation.
pub struct Page {
    path: String,
    before: String,
    generated: String,
    after: String,
}

impl Page {
    pub fn read() -> Self {
        let path = root("docs/worst-day.md");
        let text = std::fs::read_to_string(&path).expect("the page");
        let (before, rest) = text.split_once(BEGIN).expect("the mark at the begin");
        let (generated, after) = rest.split_once(END).expect("the mark at the end");
        Self { before: before.to_owned(), generated: generated.to_owned(), after: after.to_owned(), path }
    }

    /// The cell of this cause in the column of this number, as it is written.
    pub fn cell(&self, cause: &Cause, column: usize) -> Option<&str> {
        let row = self.generated.lines().find_map(|line| line.strip_prefix(&format!("| {} | ", cause.title)))?;
        row.trim_end_matches(" |").split(" | ").nth(column)
    }

    /// How the table differs from the one that is written, line by line.
    pub fn difference(&self, table: &str) -> Option<String> {
        let differs = |(old, new): &(&str, &str)| old != new;
        let lines: Vec<_> = self.generated.lines().zip(table.lines()).filter(differs).collect();
        (self.generated != table).then(|| format!("docs/worst-day.md is not what was seen. Written, seen:\n{lines:#?}"))
    }

    /// Writes this table instead.
    pub fn update(self, table: &str) {
        let text = format!("{}{BEGIN}{table}{END}{}", self.before, self.after);
        std::fs::write(self.path, text).expect("the page can be written");
    }
}
