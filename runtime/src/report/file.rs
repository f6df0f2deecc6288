//! Writes the report to a file, whole or not at all.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::libc::O_NOFOLLOW;

use crate::report::Report;

/// The environment variable that names a file for the report. Its extension chooses the format: `.json` or `.txt`.
pub const REPORT_ENV: &str = "ON_SHUTDOWN_REPORT";

/// The file to which the report goes, in addition to stderr.
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

    /// Returns the feature that the format needs and that is not compiled in.
    fn feature(self) -> Option<&'static str> {
        match self {
            Self::Json if cfg!(not(feature = "json")) => Some("json"),
            _ => None,
        }
    }

    fn draw(self, report: &Report) -> String {
        debug_assert_eq!(self.feature(), None, "`ReportFile::new` refuses it");
        match self {
            #[cfg(feature = "json")]
            Self::Json => report.to_json(),
            _ => report.to_string(),
        }
    }
}

impl ReportFile {
    /// Chooses the format, and makes the path absolute: the program may change its working directory.
    pub(crate) fn new(path: &Path) -> Result<Self, ReportFileError> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if Format::PICTURES.iter().any(|picture| ending.eq_ignore_ascii_case(picture)) {
            return Err(ReportFileError::Picture { path: path.to_owned() });
        }
        let known = Format::ENDINGS.into_iter().find(|(known, _)| ending.eq_ignore_ascii_case(known));
        let Some((_, format)) = known else { return Err(ReportFileError::ExitMode { path: path.to_owned() }) };
        if let Some(feature) = format.feature() {
            return Err(ReportFileError::Feature { path: path.to_owned(), feature });
        }
        // It fails if the working directory was deleted. Then the path stays relative, and the write says what is wrong.
        Ok(Self { path: std::path::absolute(path).unwrap_or_else(|_| path.to_owned()), format })
    }

    /// Writes the report. Blocks as long as the file system does.
    pub(crate) fn write(&self, report: &Report) -> Result<(), String> {
        let told = |why: String| format!("no report in {}: {why}", self.path.display());
        match fs::symlink_metadata(&self.path) {
            Ok(found) if found.is_symlink() => return Err(told("it is a symbolic link".to_owned())),
            Ok(found) if !found.is_file() => return Err(told("it is no regular file".to_owned())),
            Ok(_) | Err(_) => {}
        }
        self.replace(self.format.draw(report).as_bytes()).map_err(|error| told(error.to_string()))
    }

    /// Replaces the file. A reader finds the old one or the new one, whole. Only its owner may read it.
    fn replace(&self, text: &[u8]) -> io::Result<()> {
        let Some(name) = self.path.file_name() else {
            debug_assert!(false, "a path with an extension has a file name");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path has no file name"));
        };
        let mut name = name.to_owned();
        name.push(format!(".{}.tmp", std::process::id()));
        let beside = self.path.with_file_name(name);
        let mut options = OpenOptions::new();
        let options = options.write(true).create_new(true).mode(0o600).custom_flags(O_NOFOLLOW);
        let new = match options.open(&beside) {
            // A process with this id was killed while it wrote. In a container every start has the same id.
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
    /// The extension names no format.
    ExitMode {
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
            Self::ExitMode { path } => write!(
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
