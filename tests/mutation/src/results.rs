//! Keeps the verdicts in a file, so that an interrupted measurement continues, and prints them.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

use crate::Result;
use crate::candidates::Candidate;
use crate::trial::Verdict;

/// The verdicts so far, by the line that describes the change.
pub(crate) struct Results {
    path: PathBuf,
    known: BTreeMap<String, Verdict>,
}

impl Results {
    /// Reads the verdicts of an earlier run. With `again`, forgets the changes that survived.
    pub(crate) fn open(path: PathBuf, again: bool) -> Self {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let mut known: BTreeMap<String, Verdict> = text.lines().filter_map(parse).collect();
        if again {
            known.retain(|_, verdict| matches!(verdict, Verdict::Killed(_)));
        }
        Self { path, known }
    }

    pub(crate) fn get(&self, change: &Candidate) -> Option<&Verdict> {
        self.known.get(&describe(change))
    }

    /// Adds a line to the file. A later line of one change replaces an earlier one.
    pub(crate) fn add(&mut self, change: &Candidate, verdict: Verdict) -> Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).open(&self.path)?;
        let (word, reason) = parts(&verdict);
        writeln!(file, "{word}\t{}\t{reason}", describe(change))?;
        self.known.insert(describe(change), verdict);
        Ok(())
    }
}

fn parts(verdict: &Verdict) -> (&'static str, &str) {
    match verdict {
        Verdict::Killed(by) => ("killed", by),
        Verdict::Survived(why) => ("SURVIVED", why),
    }
}

fn parse(line: &str) -> Option<(String, Verdict)> {
    let (word, rest) = line.split_once('\t')?;
    let (change, reason) = rest.rsplit_once('\t')?;
    let reason = reason.to_owned();
    let verdict = if word == "killed" { Verdict::Killed(reason) } else { Verdict::Survived(reason) };
    Some((change.to_owned(), verdict))
}

/// Names a change by what stays the same if the file changes elsewhere.
fn describe(change: &Candidate) -> String {
    let Candidate { file, kind, function, before, after, occurrence, .. } = change;
    format!("{file}\t{function}\t{kind}\t{before}\t{after}\t{occurrence}").replace('\n', " ")
}

/// Returns the line for one change.
pub(crate) fn line(id: usize, change: &Candidate, verdict: &Verdict) -> String {
    let (word, reason) = parts(verdict);
    let Candidate { file, line, kind, function, before, after, .. } = change;
    let after = if after.is_empty() { "nothing" } else { after };
    format!("{word:<8} {id:3}  {kind}  {file}:{line} ({function})  {before} -> {after}  [{reason}]")
}
