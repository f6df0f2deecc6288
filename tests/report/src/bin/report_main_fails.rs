//! Fails in `main`, with an error of several lines. With the argument `long`, its first line fills more than a headline.
//! With `later` and the path of a file, `main` fails during the shutdown, which lasts until the file exists.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use on_shutdown::{NotInstalledError, on_shutdown, request_shutdown};

struct Failure(String);

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n\nCaused by:\n    0: bind failed\n    1: \x1b[2JAddress in use\n\n", self.0)?;
        f.write_str("Stack backtrace:\n   0: app::main\n   1: core::ops")
    }
}

impl From<NotInstalledError> for Failure {
    fn from(error: NotInstalledError) -> Self {
        Self(error.to_string())
    }
}

#[on_shutdown]
fn stop() {
    if let Some(path) = std::env::args().nth(2) {
        while !Path::new(&path).exists() {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[on_shutdown::main]
fn main() -> Result<(), Failure> {
    match std::env::args().nth(1).as_deref() {
        Some("long") => Err(Failure("ä".repeat(400))),
        Some("later") => {
            request_shutdown("enough")?;
            Err(Failure("starting http".to_owned()))
        }
        _ => Err(Failure("starting http".to_owned())),
    }
}
