//! Reads the command line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use lexopt::Arg;

/// The text of `--help`.
pub(crate) const HELP: &str = "\
Shows the JSON reports of on-shutdown as text, HTML, SVG, or as a trace for Perfetto.

Usage: on-shutdown-report [--format text|html|svg|trace] [-o FILE] FILE...

A program writes its report if its environment has ON_SHUTDOWN_REPORT=report.json.
A FILE holds one report or several, such as JSON lines. Write `-` to read stdin.

Options:
  -f, --format FORMAT  text   the text that the program prints
                       html   one page with all reports
                       svg    a picture of one report
                       trace  Chrome trace events, for https://ui.perfetto.dev and chrome://tracing
                       Default: by the extension of -o (.txt, .html, .svg, .json for a trace), otherwise text
  -o, --output FILE    Writes to FILE. Default: stdout
  -h, --help           Prints this text
  -V, --version        Prints the version

Exit codes: 0 success, 1 a file cannot be read or written, or holds no report, 2 wrong usage
";

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Request {
    Help,
    Version,
    Show(Arguments),
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Arguments {
    pub(crate) format: Format,
    /// `None` is stdout.
    pub(crate) output: Option<PathBuf>,
    /// `-` is stdin. There is at least one.
    pub(crate) inputs: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Html,
    Svg,
    Trace,
}

impl Format {
    fn from_name(name: &str) -> Result<Self, String> {
        match name {
            "text" => Ok(Self::Text),
            "html" => Ok(Self::Html),
            "svg" => Ok(Self::Svg),
            "trace" => Ok(Self::Trace),
            other => Err(format!("unknown format `{other}`; write `text`, `html`, `svg` or `trace`")),
        }
    }

    fn from_extension(path: &Path) -> Result<Self, String> {
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
        match extension.as_deref().unwrap_or_default() {
            "txt" => Ok(Self::Text),
            "html" | "htm" => Ok(Self::Html),
            "svg" => Ok(Self::Svg),
            "json" => Ok(Self::Trace),
            _ => Err(format!(
                "the extension of `{}` names no format; write `--format text|html|svg|trace`, \
                 or a path that ends in `.txt`, `.html`, `.svg` or `.json`",
                path.display()
            )),
        }
    }
}

/// Reads the command line, or returns what to write instead.
pub(crate) fn parse(mut parser: lexopt::Parser) -> Result<Request, String> {
    let (mut format, mut output, mut inputs) = (None, None, Vec::new());
    while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(Request::Help),
            Arg::Short('V') | Arg::Long("version") => return Ok(Request::Version),
            Arg::Short('f') | Arg::Long("format") => {
                format = Some(Format::from_name(&value(&mut parser)?.to_string_lossy())?);
            }
            Arg::Short('o') | Arg::Long("output") => output = Some(PathBuf::from(value(&mut parser)?)),
            Arg::Value(input) => inputs.push(PathBuf::from(input)),
            unknown => return Err(unknown.unexpected().to_string()),
        }
    }
    if inputs.is_empty() {
        return Err("no report is named; write the path of a JSON report, or `-` for stdin".to_owned());
    }
    if let Some(input) = output.as_ref().and_then(|output| inputs.iter().find(|input| is_same_file(input, output))) {
        return Err(format!("`{}` is input and output; write another path after `-o`", input.display()));
    }
    let format = match (format, &output) {
        (Some(format), _) => format,
        (None, Some(output)) => Format::from_extension(output)?,
        (None, None) => Format::Text,
    };
    Ok(Request::Show(Arguments { format, output, inputs }))
}

fn value(parser: &mut lexopt::Parser) -> Result<OsString, String> {
    parser.value().map_err(|error| error.to_string())
}

/// Compares the files themselves if both exist, because the same file may have several paths.
fn is_same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Request, String> {
        parse(lexopt::Parser::from_args(arguments))
    }

    fn format(arguments: &[&str]) -> Format {
        match parsed(arguments) {
            Ok(Request::Show(arguments)) => arguments.format,
            other => panic!("{arguments:?}: {other:?}"),
        }
    }

    #[test]
    fn the_format_is_that_of_the_option_or_of_the_extension() {
        assert_eq!(format(&["a.json"]), Format::Text);
        assert_eq!(format(&["a.json", "-o", "b.html"]), Format::Html);
        assert_eq!(format(&["-ob.SVG", "a.json"]), Format::Svg);
        assert_eq!(format(&["--output=trace.json", "a.json"]), Format::Trace);
        assert_eq!(format(&["--format=trace", "-o", "b.html", "a.json"]), Format::Trace);
    }

    #[test]
    fn help_and_version_need_no_input() {
        assert_eq!(parsed(&["--help", "--what"]), Ok(Request::Help));
        assert_eq!(parsed(&["-V"]), Ok(Request::Version));
    }

    #[test]
    fn what_is_wrong_is_named_with_what_to_write_instead() {
        let errors = [
            (&[][..], "no report is named; write the path of a JSON report, or `-` for stdin"),
            (&["--format", "pdf", "a"], "unknown format `pdf`; write `text`, `html`, `svg` or `trace`"),
            (
                &["a.json", "-o", "b.pdf"],
                "the extension of `b.pdf` names no format; write `--format text|html|svg|trace`, \
             or a path that ends in `.txt`, `.html`, `.svg` or `.json`",
            ),
            (&["a.json", "-o", "a.json"], "`a.json` is input and output; write another path after `-o`"),
            (&["a.json", "-o"], "missing argument for option '-o'"),
            (&["--color", "a.json"], "invalid option '--color'"),
        ];
        for (arguments, error) in errors {
            assert_eq!(parsed(arguments), Err(error.to_owned()), "{arguments:?}");
        }
    }
}
