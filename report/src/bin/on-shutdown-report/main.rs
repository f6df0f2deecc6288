//! Shows the JSON reports of on-shutdown as text, HTML, SVG, or as a trace for Perfetto.

use std::fmt;
use std::fs;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use arguments::{Arguments, Format, HELP, Request};
use on_shutdown_report::{ReadError, ReportSet, TextOptions};

mod arguments;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // If stderr is closed, the exit code is all that is left.
            let _ = writeln!(io::stderr(), "on-shutdown-report: {failure}");
            failure.exit_code()
        }
    }
}

/// Why the command does not do what it was asked for.
enum Failure {
    /// The command line is wrong.
    Usage(String),
    /// A file cannot be read.
    Unreadable { input: String, error: io::Error },
    /// A file holds something else than reports.
    NoReport { input: String, error: ReadError },
    /// The result cannot be written.
    Unwritable { output: String, error: io::Error },
}

impl Failure {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(2),
            Self::Unreadable { .. } | Self::NoReport { .. } | Self::Unwritable { .. } => ExitCode::FAILURE,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) => write!(f, "{message}\nwrite `on-shutdown-report --help` for all options"),
            Self::Unreadable { input, error } => write!(f, "cannot read {input}: {error}"),
            Self::NoReport { input, error } => match error.location() {
                Some((line, column)) => write!(f, "{input}:{line}:{column}: {}", error.message()),
                None => write!(f, "{input}: {}", error.message()),
            },
            Self::Unwritable { output, error } => write!(f, "cannot write {output}: {error}"),
        }
    }
}

fn run() -> Result<(), Failure> {
    match arguments::parse(lexopt::Parser::from_env()).map_err(Failure::Usage)? {
        Request::Help => write_output(None, HELP),
        Request::Version => write_output(None, concat!("on-shutdown-report ", env!("CARGO_PKG_VERSION"), "\n")),
        Request::Show(arguments) => show(&arguments),
    }
}

fn show(arguments: &Arguments) -> Result<(), Failure> {
    let mut reports = ReportSet::new();
    for input in &arguments.inputs {
        let label = if input == Path::new("-") { "stdin".to_owned() } else { input.display().to_string() };
        let text = read_input(input).map_err(|error| Failure::Unreadable { input: label.clone(), error })?;
        reports.read(&label, &text).map_err(|error| Failure::NoReport { input: label, error })?;
    }
    let output = arguments.output.as_deref();
    let shown = match arguments.format {
        Format::Text => reports.to_text(text_options(output)),
        Format::Html => reports.to_html(),
        Format::Svg => svg(&reports)?,
        Format::Trace => reports.to_trace(),
    };
    write_output(output, &shown)
}

fn read_input(path: &Path) -> io::Result<String> {
    if path != Path::new("-") {
        return fs::read_to_string(path);
    }
    let mut text = String::new();
    io::stdin().lock().read_to_string(&mut text).map(|_| text)
}

fn svg(reports: &ReportSet) -> Result<String, Failure> {
    let mut all = reports.iter();
    match (all.next(), all.next()) {
        (Some(report), None) => Ok(report.to_svg()),
        _ => Err(Failure::Usage(format!(
            "a picture shows one report, and the input holds {}; write `--format html` for a page with all of them",
            reports.len()
        ))),
    }
}

/// Chooses colors and width as the runtime does: <https://no-color.org>.
fn text_options(output: Option<&Path>) -> TextOptions {
    let options = TextOptions::new();
    if output.is_some() || !io::stdout().is_terminal() {
        return options;
    }
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_none_or(|terminal| terminal == "dumb");
    let width = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let options = options.colored(!is_dumb && !is_set("NO_COLOR"));
    width.map_or(options, |width| options.width(width))
}

fn write_output(path: Option<&Path>, text: &str) -> Result<(), Failure> {
    let written = match path {
        Some(path) => fs::write(path, text),
        None => write_stdout(text),
    };
    let output = || path.map_or_else(|| PathBuf::from("stdout"), Path::to_owned).display().to_string();
    written.map_err(|error| Failure::Unwritable { output: output(), error })
}

/// Writes to stdout. A reader that wants no more, such as `head`, is no error.
fn write_stdout(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
