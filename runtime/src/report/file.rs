//! Writes the report to a file. A reader finds the whole report or no report.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::os;
use crate::report::Report;

/// The environment variable that names a file for the report if the program names none. Its extension chooses the format:
/// `.json` or `.txt`. Without the feature `json`, a `.json` file becomes a `.txt` file, with a warning at install.
///
/// `{pid}` in the path becomes the process id. Every program that inherits the variable writes a report, so write
/// `report.{pid}.json` if a program starts others that use this crate, or if a script starts several. Without `{pid}`, a
/// program on Linux that finds a parent with the same value writes to `report.4711.json` instead of `report.json`, with
/// its process id, and says so at install. It finds parents, and their parents, that belong to the same user, have
/// installed their shutdown, and were started with the variable. It does not find programs that were started beside it.
pub const REPORT_ENV: &str = "ON_SHUTDOWN_REPORT";

/// The file to which the runtime writes the report, in addition to stderr.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReportFile {
    path: PathBuf,
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Text,
    Json,
}

impl Format {
    const EXTENSIONS: [(&str, Self); 2] = [("json", Self::Json), ("txt", Self::Text)];
    /// The extensions of pictures, which the command `on-shutdown-report` makes.
    const PICTURES: [&str; 2] = ["svg", "html"];

    /// Returns the feature that the format needs, if it is not compiled in.
    fn missing_feature(self) -> Option<&'static str> {
        match self {
            Self::Json if cfg!(not(feature = "json")) => Some("json"),
            _ => None,
        }
    }

    fn render(self, report: &Report) -> String {
        debug_assert_eq!(self.missing_feature(), None, "`ReportFile::new` refuses a format that is not compiled in");
        match self {
            #[cfg(feature = "json")]
            Self::Json => report.to_json(),
            _ => report.to_string(),
        }
    }
}

impl ReportFile {
    /// Chooses the format by the extension. Makes the path absolute, because the program may change its working directory.
    pub(crate) fn new(path: &Path) -> Result<Self, ReportFileError> {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if Format::PICTURES.iter().any(|picture| extension.eq_ignore_ascii_case(picture)) {
            return Err(ReportFileError::Picture { path: path.to_owned() });
        }
        let known = Format::EXTENSIONS.into_iter().find(|(known, _)| extension.eq_ignore_ascii_case(known));
        let Some((_, format)) = known else { return Err(ReportFileError::UnknownExtension { path: path.to_owned() }) };
        if let Some(feature) = format.missing_feature() {
            return Err(ReportFileError::MissingFeature { path: path.to_owned(), feature });
        }
        // `absolute` fails if the working directory was deleted. Then the path stays relative, and writing reports the error.
        Ok(Self { path: std::path::absolute(path).unwrap_or_else(|_| path.to_owned()), format })
    }

    /// Writes the report. Blocks until the file system has stored it.
    pub(crate) fn write(&self, report: &Report) -> Result<(), String> {
        let failure = |why: &dyn fmt::Display| format!("cannot write the report to {}: {why}", self.path.display());
        match fs::symlink_metadata(&self.path) {
            Ok(found) if found.is_symlink() => return Err(failure(&"the path is a symbolic link")),
            Ok(found) if !found.is_file() => return Err(failure(&"the path is not a regular file")),
            Ok(_) | Err(_) => {}
        }
        self.replace(self.format.render(report).as_bytes()).map_err(|error| failure(&error))
    }

    /// Replaces the file. A reader finds the whole old file or the whole new file. On Unix, only the owner may read it.
    fn replace(&self, text: &[u8]) -> io::Result<()> {
        let Some(name) = self.path.file_name() else {
            debug_assert!(false, "a path with an extension has a file name");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path has no file name"));
        };
        let mut name = name.to_owned();
        name.push(format!(".{}.tmp", os::process_id()));
        let temporary = self.path.with_file_name(name);
        let new = match os::create_private(&temporary) {
            // A process with the same id was killed while it wrote. In a container the id is the same after each restart.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                fs::remove_file(&temporary)?;
                os::create_private(&temporary)?
            }
            opened => opened?,
        };
        let written = write_and_sync(new, text).and_then(|()| fs::rename(&temporary, &self.path));
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        written
    }
}

fn write_and_sync(mut file: File, text: &[u8]) -> io::Result<()> {
    file.write_all(text)?;
    file.sync_all()
}

/// A path to which no report can be written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReportFileError {
    /// The extension names no format.
    UnknownExtension {
        /// The path.
        path: PathBuf,
    },
    /// The extension names a picture, which the command `on-shutdown-report` makes from JSON.
    Picture {
        /// The path.
        path: PathBuf,
    },
    /// The format needs a feature that is not compiled in.
    MissingFeature {
        /// The path.
        path: PathBuf,
        /// The feature of this crate.
        feature: &'static str,
    },
}

impl fmt::Display for ReportFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownExtension { path } => write!(
                f,
                "the extension of `{}` names no format of the report; \
                 write a path that ends in `.json` or `.txt`",
                path.display()
            ),
            Self::Picture { path } => {
                let (picture, json) = (path.display(), path.with_extension("json"));
                let json = json.display();
                write!(
                    f,
                    "the program cannot write the picture `{picture}`; write `{json}`, \
                     then run `on-shutdown-report {json} -o {picture}`"
                )
            }
            Self::MissingFeature { path, feature } => write!(
                f,
                "`{}` needs the feature `{feature}` of on-shutdown, which is not compiled in; \
                 add it in Cargo.toml, or write a path that ends in `.txt`",
                path.display()
            ),
        }
    }
}

impl std::error::Error for ReportFileError {}

#[cfg(all(test, not(feature = "json")))]
mod tests {
    use super::*;

    #[test]
    fn a_format_that_is_not_compiled_in_is_an_error_that_names_the_feature() {
        let refused = ReportFile::new(Path::new("stop.json")).map(|file| file.path);
        let error = ReportFileError::MissingFeature { path: "stop.json".into(), feature: "json" };
        assert_eq!(refused, Err(error));
        assert!(ReportFile::new(Path::new("stop.txt")).is_ok());
    }
}
