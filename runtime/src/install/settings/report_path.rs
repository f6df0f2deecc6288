//! Chooses the path of the report, so that a child does not overwrite the report of its parent.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::inspect;
use crate::os;
use crate::report::file::{REPORT_ENV, ReportFile, ReportFileError};
use crate::run::SUPERVISOR_THREAD;

/// What stands for the process id in a path.
const PID: &[u8] = b"{pid}";

/// The path of the report file.
pub(super) struct ReportPath {
    pub(super) path: PathBuf,
    /// Why it is not the path that the variable names, as a sentence. Nothing is wrong.
    pub(super) note: Option<String>,
    /// Why the report has another format than the variable asks for, as a sentence.
    pub(super) warning: Option<String>,
}

impl ReportPath {
    /// Returns the path that the program sets.
    pub(super) fn of_program(path: &Path) -> Self {
        Self { path: with_pid(path).unwrap_or_else(|| path.to_owned()), note: None, warning: None }
    }

    /// Returns the path that the variable names, or one beside it if an ancestor has the same variable.
    ///
    /// A program that inherits the variable starts also if the format needs a feature that only its parent has.
    pub(super) fn of_variable(path: &Path) -> Self {
        let (path, note) = own_path(path);
        match ReportFile::new(&path) {
            Err(ReportFileError::MissingFeature { feature, .. }) => {
                let text = path.with_extension("txt");
                let warning = format!(
                    "`{REPORT_ENV}`: {} needs the feature `{feature}` of on-shutdown, which is not compiled in; the report \
                     goes to {} as text",
                    path.display(),
                    text.display()
                );
                Self { path: text, note: None, warning: Some(warning) }
            }
            _ => Self { path, note, warning: None },
        }
    }
}

/// Returns a path to which no ancestor writes, and why it is another one, as a sentence.
fn own_path(path: &Path) -> (PathBuf, Option<String>) {
    if let Some(own) = with_pid(path) {
        return (own, None);
    }
    let Some(ancestor) = find_writer(path) else { return (path.to_owned(), None) };
    let own = beside(path);
    let note = format!(
        "the report goes to {}, because process {ancestor}, which started this program, writes its report to {}; \
         write `{{pid}}` in `{REPORT_ENV}` for a file of each process",
        own.display(),
        path.display()
    );
    (own, Some(note))
}

/// Returns the ancestor that writes its report to the file that the variable names.
fn find_writer(path: &Path) -> Option<u32> {
    let mut entry = OsString::from(REPORT_ENV);
    entry.push("=");
    entry.push(path);
    inspect::find_ancestor(SUPERVISOR_THREAD, &entry)
}

/// Returns the path with the process id for each `{pid}`, or `None` without a `{pid}`.
fn with_pid(path: &Path) -> Option<PathBuf> {
    let own = os::process_id().to_string();
    let (mut rest, mut replaced) = (os::name_as_bytes(path.as_os_str())?, Vec::new());
    while let Some(at) = rest.windows(PID.len()).position(|part| part == PID) {
        let (before, after) = rest.split_at_checked(at)?;
        replaced.extend_from_slice(before);
        replaced.extend_from_slice(own.as_bytes());
        rest = after.strip_prefix(PID)?;
    }
    let is_replaced = !replaced.is_empty();
    replaced.extend_from_slice(rest);
    is_replaced.then(|| os::name_from_bytes(replaced).map(PathBuf::from)).flatten()
}

/// Returns the path with the process id before its extension: `report.4711.json`.
fn beside(path: &Path) -> PathBuf {
    let mut extension = OsString::from(os::process_id().to_string());
    if let Some(own) = path.extension() {
        extension.push(OsStr::new("."));
        extension.push(own);
    }
    path.with_extension(extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_id_replaces_its_placeholder_everywhere() {
        let own = std::process::id();
        for (path, expected) in [
            ("report.{pid}.json", Some(format!("report.{own}.json"))),
            ("{pid}", Some(own.to_string())),
            ("/tmp/{pid}/{pid}.txt", Some(format!("/tmp/{own}/{own}.txt"))),
            ("{{pid}}.txt", Some(format!("{{{own}}}.txt"))),
            ("report.json", None),
            ("{PID}/{pid/pid}.txt", None),
            ("", None),
        ] {
            assert_eq!(with_pid(Path::new(path)), expected.map(PathBuf::from), "{path}");
        }
        let Some(not_text) = os::name_from_bytes(b"\xff{pid}.json".to_vec()) else { return };
        let expected = [b"\xff", own.to_string().as_bytes(), b".json"].concat();
        assert_eq!(with_pid(Path::new(&not_text)), os::name_from_bytes(expected).map(PathBuf::from));
    }

    #[test]
    fn the_file_of_a_child_has_the_process_id_before_its_extension() {
        let own = std::process::id();
        for (path, expected) in [
            ("report.json", format!("report.{own}.json")),
            ("/var/log/stop.old.txt", format!("/var/log/stop.old.{own}.txt")),
            ("report", format!("report.{own}")),
        ] {
            assert_eq!(beside(Path::new(path)), Path::new(&expected), "{path}");
        }
    }
}
