//! Holds the layout of `runtime/src`: a file imports from its own room and from earlier rooms, and no files of a room
//! import each other in a circle. `docs/architecture.md` describes the rooms.
//!
//! Also holds what needs the text of all sources: names of programs and of tests.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The rooms of the road, earlier ones first. A room imports nothing from a later room.
const ROAD: [&str; 19] = [
    "os",
    "duration_text",
    "sorted_map",
    "user_code",
    "threads",
    "inspect",
    "trigger",
    "drain",
    "tower",
    "hook",
    "plan",
    "report",
    "telemetry",
    "exit",
    "run",
    "output",
    "install",
    "private",
    "testing",
];

/// The files at the end of the road, which no room imports: the public names, and the check of their auto traits.
const END: [&str; 2] = ["lib", "auto_traits"];

/// A source file: its path below `runtime/src`, and the modules that it imports, as paths from the crate's root.
struct Source {
    path: PathBuf,
    imports: Vec<String>,
}

impl Source {
    /// `run/state/mod.rs` is the module `run::state`.
    fn module(&self) -> String {
        let path = self.path.with_extension("");
        let names: Vec<_> = path.iter().map(|name| name.to_string_lossy().into_owned()).collect();
        let names = names.strip_suffix(&["mod".to_owned()]).unwrap_or(&names);
        names.join("::")
    }

    fn room(&self) -> String {
        room(&self.module()).to_owned()
    }

    /// Tests may look at what comes later, to see the whole.
    fn is_test(&self) -> bool {
        let text = self.path.to_string_lossy();
        text.ends_with("tests.rs") || text.ends_with("sample.rs") || text.contains("_tests/") || text.contains("loom")
    }
}

fn room(module: &str) -> &str {
    module.split("::").next().unwrap_or(module)
}

fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../runtime/src")
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn sources() -> Vec<Source> {
    let (folder, mut paths) = (source_folder(), Vec::new());
    files(&folder, &mut paths);
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a source file");
        let path = path.strip_prefix(&folder).expect("below the folder").to_owned();
        let mut source = Source { path, imports: Vec::new() };
        source.imports = imports(&source.module(), source.path.ends_with("mod.rs"), &text);
        source
    };
    paths.into_iter().map(read).collect()
}

/// What the file names by a path from the root (`crate::plan::order`) or from its parent (`super::state`), but for
/// comments and for the tests at its end.
fn imports(module: &str, is_folder: bool, text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let parent = if is_folder { module } else { module.rsplit_once("::").map_or("", |(parent, _)| parent) };
    // In `a/mod.rs`, `super` is the parent of `a`; in `a/b.rs` it is `a`.
    let above = if is_folder { parent.rsplit_once("::").map_or("", |(above, _)| above) } else { parent };
    let mut found = Vec::new();
    for (start, base) in [("crate::", ""), ("super::", above)] {
        for (at, _) in code.match_indices(start) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_' || letter == ':') {
                continue;
            }
            found.extend(heads(&code[at + start.len()..]).into_iter().map(|path| match base {
                "" => path,
                base => format!("{base}::{path}"),
            }));
        }
    }
    found
}

/// `plan::order::{a, b}` is `plan::order`; `{drain, plan::budget}` is both.
fn heads(rest: &str) -> Vec<String> {
    let path = |text: &str| {
        let end = text.find(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == ':'));
        text[..end.unwrap_or(text.len())].trim_end_matches(':').to_owned()
    };
    match rest.strip_prefix('{') {
        Some(list) => list.split('}').next().unwrap_or(list).split(',').map(|item| path(item.trim())).collect(),
        None => vec![path(rest)],
    }
}

#[test]
fn a_room_imports_only_earlier_rooms() {
    let place = |room: &str| ROAD.iter().position(|known| *known == room);
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for source in sources() {
        let own = source.room();
        if END.contains(&own.as_str()) {
            continue;
        }
        let own_place = place(&own).unwrap_or_else(|| panic!("`{own}` is no room of the road: give it its place"));
        seen.insert(own.clone());
        for import in source.imports.iter().filter(|_| !source.is_test()) {
            if place(room(import)).is_some_and(|other| other > own_place) {
                wrong.push(format!("{} imports `{import}`, which comes later", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let absent: Vec<&&str> = ROAD.iter().filter(|room| !seen.contains(**room)).collect();
    assert!(absent.is_empty(), "rooms of the road that are not there: {absent:?}");
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let sources = sources();
    let modules: BTreeSet<String> = sources.iter().map(Source::module).collect();
    // A path names a module, or an item in the nearest module above.
    let file_of = |path: &str| {
        let mut path = path.to_owned();
        while !modules.contains(&path) {
            path.truncate(path.rfind("::")?);
        }
        Some(path)
    };
    // A folder's own file re-exports what is in it, which is no dependence.
    let is_folder = |module: &str| source_folder().join(module.replace("::", "/")).is_dir();
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in sources.iter().filter(|source| !source.is_test() && !is_folder(&source.module())) {
        let own = source.module();
        let targets = source.imports.iter().filter_map(|import| file_of(import));
        arrows.entry(own.clone()).or_default().extend(targets.filter(|other| *other != own && !is_folder(other)));
    }
    let circle = arrows.keys().find_map(|start| circle_from(start, &arrows));
    assert!(circle.is_none(), "these files import each other: {}", circle.unwrap_or_default().join(" -> "));
}

fn circle_from(start: &str, arrows: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    let mut ways = vec![vec![start.to_owned()]];
    let mut reached = BTreeSet::new();
    while let Some(way) = ways.pop() {
        for next in way.last().and_then(|last| arrows.get(last)).into_iter().flatten() {
            let longer: Vec<String> = way.iter().chain([next]).cloned().collect();
            if next == start {
                return Some(longer);
            }
            if reached.insert(next.clone()) {
                ways.push(longer);
            }
        }
    }
    None
}

/// The checks above find what they look for.
#[test]
fn imports_are_read_from_paths_and_lists() {
    let text = "use crate::plan::order::{self, GroupKey};\nuse crate::{drain, exit::now};\n// crate::run\nuse super::state::Event;\n\
                let x = crate::report::Report;\n#[cfg(test)]\nmod tests {\n    use crate::install::Settings;\n}\n";
    let expected = ["plan::order", "drain", "exit::now", "report::Report", "run::state::Event"];
    assert_eq!(imports("run::worker", false, text), expected);
    assert_eq!(imports("run::state", true, "use super::driver::Next;"), ["run::driver::Next"]);
    let arrows = |pairs: &[(&str, &str)]| {
        let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        pairs.iter().for_each(|(from, to)| {
            arrows.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        });
        arrows
    };
    assert!(circle_from("a", &arrows(&[("a", "b"), ("b", "c"), ("c", "a")])).is_some());
    assert!(circle_from("a", &arrows(&[("a", "b"), ("b", "c"), ("d", "a")])).is_none());
}

/// Programs of the workspace share one folder: of two with one name, each test would get the one that was built last.
#[test]
fn no_two_programs_have_one_name() {
    let metadata = Command::new(env!("CARGO")).args(["metadata", "--no-deps", "--format-version=1"]).output();
    let metadata = metadata.expect("cargo runs").stdout;
    let metadata = String::from_utf8_lossy(&metadata);
    let mut names: Vec<_> = metadata
        .split(r#"{"kind":["bin"],"#)
        .skip(1)
        .filter_map(|target| target.split_once(r#""name":""#)?.1.split('"').next())
        .collect();
    assert!(names.contains(&"01_quickstart"), "the programs of the workspace: {names:?}");
    names.sort_unstable();
    let twice: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    assert!(twice.is_empty(), "rename one program of each pair: {twice:?}");
}

/// A `serve` without `.await` once compiled without a warning, and the server never started.
#[test]
fn every_public_future_is_must_use() {
    let mut without = Vec::new();
    let mut seen = 0;
    for path in sources().into_iter().filter(|source| !source.is_test()).map(|source| source.path) {
        let text = fs::read_to_string(source_folder().join(&path)).expect("a source file");
        for future in futures(&text) {
            let Some((before, _)) = text.split_once(&format!("pub struct {future}")) else { continue };
            seen += 1;
            // A handle of a task that runs already, as with tokio's `JoinHandle`: to drop it loses nothing.
            if future == "TaskHandle" {
                continue;
            }
            let mut attributes = before.trim_end().lines().rev().take_while(|line| !line.trim().is_empty());
            if !attributes.any(|line| line.trim_start().starts_with("#[must_use = \"")) {
                without.push(format!("{}: {future}", path.display()));
            }
        }
    }
    assert!(seen >= 5, "the futures are found: {seen}");
    assert!(without.is_empty(), "without `#[must_use = ..]`:\n{}", without.join("\n"));
}

/// The types of `impl Future for ..`.
fn futures(text: &str) -> Vec<String> {
    let name = |rest: &str| rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
    text.split(" Future for ").skip(1).map(name).collect()
}

/// The tests of `docs/nothing-is-lost.md`, in the last cell of each row.
#[test]
fn every_row_of_what_is_without_effect_names_a_test_or_says_that_it_is_not_detected() {
    let (tests, mut wrong, mut rows) = (tests(), Vec::new(), 0);
    for row in include_str!("../../docs/nothing-is-lost.md").lines().filter_map(row) {
        rows += 1;
        let [what, happens, said, names] = row[..] else {
            wrong.push(format!("four cells: {row:?}"));
            continue;
        };
        if what.is_empty() || happens.is_empty() {
            wrong.push(format!("an empty cell: {row:?}"));
        }
        if names == "–" {
            if !said.contains("**not detected**") && !said.starts_with("compiler: ") {
                wrong.push(format!("{what}: it is said, and no test holds it"));
            }
            continue;
        }
        for name in names.split(", ") {
            if !name.strip_prefix('`').and_then(|name| name.strip_suffix('`')).is_some_and(|name| tests.contains(name))
            {
                wrong.push(format!("{what}: {name} is no test"));
            }
        }
    }
    assert!(rows > 80, "the rows are found: {rows}");
    assert!(wrong.is_empty(), "docs/nothing-is-lost.md:\n{}", wrong.join("\n"));
}

/// The cells of a row of a table with tests, but for its head and the line below.
fn row(line: &str) -> Option<Vec<&str>> {
    let cells: Vec<&str> = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").map(str::trim).collect();
    // The first table of the page has two columns, and explains words.
    (cells.len() != 2 && cells.last() != Some(&"test")).then_some(cells)
}

/// The names of all tests of the workspace: functions below `#[test]`.
fn tests() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut paths = Vec::new();
    for folder in ["runtime/src", "macros/src", "report/src", "report/tests", "examples", "tests"] {
        files(&root.join(folder), &mut paths);
    }
    let mut found = BTreeSet::new();
    for path in paths {
        let text = fs::read_to_string(&path).expect("a source file");
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        for (at, line) in lines.iter().enumerate() {
            let Some((_, rest)) = line.split_once("fn ").filter(|(before, _)| ["", "async "].contains(before)) else {
                continue;
            };
            let attributes =
                lines[..at].iter().rev().take_while(|line| line.starts_with("#[") || line.starts_with("//"));
            if attributes.into_iter().any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test")) {
                found.insert(rest.split(['(', '<']).next().unwrap_or(rest).to_owned());
            }
        }
    }
    found
}
