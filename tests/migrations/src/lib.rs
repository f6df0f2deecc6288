//! Finds the folder in the program's only argument, where the tests look for the program's files.

use std::path::PathBuf;

/// A failure that a program does not look into.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The first argument.
pub fn folder() -> PathBuf {
    std::env::args_os().nth(1).expect("the folder is the first argument").into()
}
