//! Builds a static program of this package, and returns its path.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::Unavailable;

/// A binary of this package, and how it is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Program {
    pub(crate) name: &'static str,
    aborts: bool,
}

impl Program {
    /// The manifest's `container_<name>`.
    pub const fn new(name: &'static str) -> Self {
        Self { name, aborts: false }
    }

    fn bin(&self) -> String {
        format!("container_{}", self.name)
    }

    /// The same, built with `panic = "abort"`.
    pub const fn aborts(self) -> Self {
        Self { aborts: true, ..self }
    }

    /// Builds it, once per run; other runs wait at cargo's own lock.
    pub(crate) fn build(self) -> Result<PathBuf, Unavailable> {
        static BUILT: Mutex<Option<HashMap<Program, Result<PathBuf, Unavailable>>>> = Mutex::new(None);
        let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
        built.get_or_insert_default().entry(self).or_insert_with(|| self.run_cargo()).clone()
    }

    fn run_cargo(self) -> Result<PathBuf, Unavailable> {
        let refused = |why: String| Unavailable::new(format!("a static build of `{}`", self.name), why);
        let host = host().map_err(refused)?;
        let folder = target_tmp().map_err(refused)?.join("static");
        let profile = if self.aborts { "abort" } else { "release" };
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
        cargo.args(["build", "--package", env!("CARGO_PKG_NAME"), "--bin", &self.bin(), "--profile", profile]);
        // With `--target`, build scripts and macros are not built by these flags: those cannot be static.
        cargo.args(["--target", &host, "--target-dir"]).arg(&folder);
        cargo.args(["--config", &format!(r#"target.{host}.rustflags=["-Ctarget-feature=+crt-static"]"#)]);
        if self.aborts {
            cargo.args([
                "--config",
                r#"profile.abort.inherits="release""#,
                "--config",
                r#"profile.abort.panic="abort""#,
            ]);
        }
        // These would go before the flags above.
        cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS").env_remove("CARGO_BUILD_TARGET");
        let output = cargo.output().map_err(|error| refused(error.to_string()))?;
        if !output.status.success() {
            return Err(refused(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        Ok(folder.join(host).join(profile).join(self.bin()))
    }
}

/// The target triple of the machine that runs the tests.
fn host() -> Result<String, String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-vV").output().map_err(|error| format!("cannot start rustc: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc does not name its host".to_owned())
}

/// Returns `CARGO_TARGET_TMPDIR`, which cargo sets for the tests but not for their library.
pub(crate) fn target_tmp() -> Result<PathBuf, String> {
    let test = std::env::current_exe().map_err(|error| error.to_string())?;
    let target = test.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    target.map(|folder| folder.join("tmp")).ok_or_else(|| format!("{} is not in a target folder", test.display()))
}
