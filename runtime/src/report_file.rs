//! Beside station 9: the report and a path in, a file out, written whole or not at all.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::libc::O_NOFOLLOW;

use crate::report::Report;

/// The environment variable that names a file for the report: `.json` or `.txt`, by its ending.
pub const REPORT_VARIABLE: &str = "ON_SHUTDOWN_REPORT";

/// Where the report goes, besides stderr.
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
    const ENDINGS: [(&str, Self); 2] = [("json", Self::Json), ("txt", Self::Text)];
    /// The endings of pictures, which the command `on-shutdown-report` makes.
    const PICTURES: [&str; 2] = ["svg", "html"];

    /// The feature that has to be compiled in.
    fn feature(self) -> Option<&'static str> {
        match self {
            Self::Json if cfg!(not(feature = "json")) => Some("json"),
            _ => None,
        }
    }

    fn draw(self, report: &Report) -> String {
        match self {
            #[cfg(feature = "json")]
            Self::Json => report.to_json(),
            _ => report.to_string(),
        }
    }
}

impl ReportFile {
    /// The path as it is now: the program may change its folder.
    pub(crate) fn new(path: &Path) -> Result<Self, ReportFileError> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if Format::PICTURES.iter().any(|picture| ending.eq_ignore_ascii_case(picture)) {
            return Err(ReportFileError::Picture { path: path.to_owned() });
        }
        let known = Format::ENDINGS.into_iter().find(|(known, _)| ending.eq_ignore_ascii_case(known));
        let Some((_, format)) = known else { return Err(ReportFileError::Ending { path: path.to_owned() }) };
        if let Some(feature) = format.feature() {
            return Err(ReportFileError::Feature { path: path.to_owned(), feature });
        }
        Ok(Self { path: std::path::absolute(path).unwrap_or_else(|_| path.to_owned()), format })
    }

    /// Blocks as long as the file system does.
    pub(crate) fn write(&self, report: &Report) -> Result<(), String> {
        let told = |why: String| format!("no report in {}: {why}", self.path.display());
        match fs::symlink_metadata(&self.path) {
            Ok(found) if found.is_symlink() => return Err(told("it is a symbolic link".to_owned())),
            Ok(found) if !found.is_file() => return Err(told("it is no regular file".to_owned())),
            Ok(_) | Err(_) => {}
        }
        self.replace(self.format.draw(report).as_bytes()).map_err(|error| told(error.to_string()))
    }

    /// A reader finds the old file or the new one, whole; only its owner may read it.
    fn replace(&self, text: &[u8]) -> io::Result<()> {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.tmp", std::process::id()));
        let beside = self.path.with_file_name(name);
        let mut options = OpenOptions::new();
        let options = options.write(true).create_new(true).mode(0o600).custom_flags(O_NOFOLLOW);
        let new = match options.open(&beside) {
            // Left by a process of this number that was killed while it wrote; in a container all have the same.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                fs::remove_file(&beside)?;
                options.open(&beside)?
            }
            opened => opened?,
        };
        let written = fill(new, text).and_then(|()| fs::rename(&beside, &self.path));
        if written.is_err() {
            let _ = fs::remove_file(&beside);
        }
        written
    }
}

fn fill(mut file: File, text: &[u8]) -> io::Result<()> {
    file.write_all(text)?;
    file.sync_all()
}

/// A path to which no report can be written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReportFileError {
    /// Its ending says nothing.
    Ending {
        /// The path.
        path: PathBuf,
    },
    /// Its ending asks for a picture, which the command `on-shutdown-report` makes from JSON.
    Picture {
        /// The path.
        path: PathBuf,
    },
    /// What it needs is not compiled in.
    Feature {
        /// The path.
        path: PathBuf,
        /// The feature of this crate.
        feature: &'static str,
    },
}

impl fmt::Display for ReportFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ending { path } => write!(
                f,
                "the ending of `{}` says nothing about the form of the report; \
                 write a path that ends in `.json` or `.txt`",
                path.display()
            ),
            Self::Picture { path } => {
                let (picture, json) = (path.display(), path.with_extension("json"));
                let json = json.display();
                write!(
                    f,
                    "`{picture}` asks for a picture; write `{json}`, \
                     and turn it into a picture with `on-shutdown-report {json} -o {picture}`"
                )
            }
            Self::Feature { path, feature } => write!(
                f,
                "`{}` needs the feature `{feature}` of on-shutdown, which is not compiled in; \
                 add it in Cargo.toml, or write a path that ends in `.txt`",
                path.display()
            ),
        }
    }
}

impl std::error::Error for ReportFileError {}
