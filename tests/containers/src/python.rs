//! Installs a package from PyPI once per target folder, and returns the path of its program.

use std::fs;
use std::path::PathBuf;

use crate::binary::target_tmp;
use crate::command::run;
use crate::lock::{self, What};
use crate::{Unavailable, debian};

/// The program of a package in a version, in an environment of its own.
pub fn installed(package: &str, version: &str, program: &str) -> Result<PathBuf, Unavailable> {
    install(package, version, program).map_err(|why| Unavailable::new(format!("PyPI's package `{package}`"), why))
}

fn install(package: &str, version: &str, program: &str) -> Result<PathBuf, String> {
    let tmp = target_tmp()?;
    fs::create_dir_all(&tmp).map_err(|error| error.to_string())?;
    let folder = tmp.join(format!("python-{package}-{version}"));
    let _lock = lock::alone(What::Python)?;
    let found = folder.join("bin").join(program);
    // Written by pip as its last step: what a killed run left half-made has none.
    if !found.exists() {
        let place = folder.to_string_lossy();
        let environment = || run("python3", ["-m", "venv", "--clear", &place], &[]);
        if environment().is_err() {
            debian::install("python3-venv", || false)?;
            environment()?;
        }
        let pip = folder.join("bin").join("pip");
        run(&pip.to_string_lossy(), ["install", "--quiet", &format!("{package}=={version}")], &[])?;
    }
    Ok(found)
}
