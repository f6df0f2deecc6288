//! Draws the sample, writes it into the copy, and replaces what does not compile.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use crate::Result;
use crate::candidates::{self, Candidate};
use crate::rewrite::rewrite;
use crate::sources::{self, Source};
use crate::tree::{self, Folders};

/// The crates that are measured.
const ROOTS: [&str; 2] = ["macros/src/lib.rs", "runtime/src/lib.rs"];

/// The module that each crate of the copy gets. It expects `COUNT`.
const MODULE: &str = include_str!("active.txt");

/// The changes of one measurement. The number of a change is its index.
pub(crate) struct Sample {
    pub(crate) changes: Vec<Candidate>,
    /// How many the sources have, with those that do not compile.
    pub(crate) possible: usize,
}

/// Copies the tree, draws `count` changes, and leaves the copy with all of them. With `keep`, leaves the copy as it is: it
/// has them already, because all changes that were drawn compiled.
pub(crate) fn draw(folders: &Folders, seed: u64, count: usize, keep: bool) -> Result<Sample> {
    let mut files = Vec::new();
    for root in ROOTS {
        files.extend(sources::of_crate(&folders.workspace, root)?);
    }
    let mut all = Vec::new();
    for file in &files {
        all.extend(candidates::find(&file.path, &file.text)?);
    }
    let possible = all.len();
    all.sort_by_cached_key(|candidate| rank(seed, candidate));
    let mut rest = all.into_iter();
    let mut changes: Vec<Candidate> = rest.by_ref().take(count).collect();
    if keep {
        return Ok(Sample { changes, possible });
    }
    tree::copy(folders, &files.iter().map(|file| file.path.as_str()).collect())?;
    loop {
        let wrong = failing(folders, &files, &changes)?;
        if wrong.is_empty() {
            return Ok(Sample { changes, possible });
        }
        for id in wrong {
            let Some(change) = changes.get_mut(id) else { continue };
            println!("does not compile: {}:{} {} -> {}", change.file, change.line, change.before, change.after);
            *change = rest.next().ok_or("the sources have too few possible changes")?;
        }
    }
}

/// A change keeps its rank if the sources change elsewhere. So a test that is added does not change the sample.
fn rank(seed: u64, candidate: &Candidate) -> u64 {
    let Candidate { file, function, kind, before, after, occurrence, .. } = candidate;
    let text = format!("{seed} {file} {function} {kind} {before} {after} {occurrence}");
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    // The last bytes alone would hardly reach the high bits.
    let mixed = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Where each change stands in the files of the copy.
type Places = BTreeMap<String, Vec<(usize, std::ops::Range<usize>)>>;

fn write(folders: &Folders, files: &[Source], changes: &[Candidate]) -> Result<Places> {
    let mut places = Places::new();
    for file in files {
        let here: Vec<(usize, &Candidate)> =
            changes.iter().enumerate().filter(|(_, change)| change.file == file.path).collect();
        let mut rewritten = rewrite(&file.text, &here);
        if ROOTS.contains(&file.path.as_str()) {
            rewritten.text.push_str("\nmod mutation;\n");
        }
        tree::write(&folders.tree.join(&file.path), rewritten.text.as_bytes())?;
        places.insert(file.path.clone(), rewritten.ranges);
    }
    for root in ROOTS {
        let module = format!("{MODULE}const COUNT: usize = {};\n", changes.len());
        tree::write(&folders.tree.join(root).with_file_name("mutation.rs"), module.as_bytes())?;
    }
    Ok(places)
}

/// Writes the changes, and returns those that the compiler rejects.
fn failing(folders: &Folders, files: &[Source], changes: &[Candidate]) -> Result<BTreeSet<usize>> {
    let places = write(folders, files, changes)?;
    let mut check = Command::new("cargo");
    check.args(["check", "--all-features", "--message-format=json", "-p", "on-shutdown", "-p", "on-shutdown-macros"]);
    let output = check.current_dir(&folders.tree).env("CARGO_TARGET_DIR", &folders.target).output()?;
    if output.status.success() {
        return Ok(BTreeSet::new());
    }
    let mut wrong = BTreeSet::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Ok(message) = serde_json::from_str::<Value>(line) else { continue };
        if message.pointer("/message/level").is_some_and(|level| level == "error") {
            wrong.extend(culprit(&message, &places));
        }
    }
    if wrong.is_empty() {
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("the copy does not compile, and no change is to blame:\n{text}").into());
    }
    Ok(wrong)
}

/// Returns the innermost change that contains the error, otherwise one that the error contains.
fn culprit(message: &Value, places: &Places) -> Option<usize> {
    let mut best: Option<(usize, usize)> = None;
    for span in message.pointer("/message/spans")?.as_array()? {
        let number = |pointer| usize::try_from(span.pointer(pointer)?.as_u64()?).ok();
        let (start, end) = (number("/byte_start")?, number("/byte_end")?);
        let name = span.pointer("/file_name")?.as_str()?;
        for (id, range) in places.get(name).into_iter().flatten() {
            let overlaps = range.start < end && start < range.end;
            if overlaps && best.is_none_or(|(length, _)| range.len() < length) {
                best = Some((range.len(), *id));
            }
        }
    }
    best.map(|(_, id)| id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::candidates::find;

    #[test]
    fn a_test_that_is_added_does_not_change_the_rank_of_a_change() {
        let before = "fn is_late(a: u8) -> bool { a > 3 }";
        let after = "#[cfg(test)] mod tests { fn other() -> bool { 1 > 2 } }\nfn is_late(a: u8) -> bool { a > 3 }";
        let ranks = |text| -> Vec<u64> { find("a.rs", text).unwrap().iter().map(|change| rank(1, change)).collect() };
        assert_eq!(ranks(before), ranks(after));
        assert!(!ranks(before).is_empty());
    }
}
