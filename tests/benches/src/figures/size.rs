//! Measures what on-shutdown adds to the smallest tokio program: bytes, crates, and time of a cold build. Writes both
//! programs, and builds them without the network in a folder of their own.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::row::Row;

const PLAIN: &str = r#"
#[tokio::main]
async fn main() {
    println!("hello");
}
"#;

const OURS: &str = r#"
#[on_shutdown::on_shutdown]
async fn goodbye() {
    println!("goodbye");
}

#[on_shutdown::main]
async fn main() {
    println!("hello");
}
"#;

struct Program {
    folder: PathBuf,
}

impl Program {
    fn write(root: &Path, name: &str, code: &str, dependency: &str) -> std::io::Result<Self> {
        let folder = root.join(name);
        fs::create_dir_all(folder.join("src"))?;
        fs::write(folder.join("src/main.rs"), code)?;
        let manifest = format!(
            "[workspace]\n[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
             [dependencies]\ntokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }}\n{dependency}\
             [profile.release]\nstrip = true\n"
        );
        fs::write(folder.join("Cargo.toml"), manifest)?;
        // The versions of the workspace, which are here.
        let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
        fs::copy(lock, folder.join("Cargo.lock"))?;
        Ok(Self { folder })
    }

    fn cargo(&self, words: &[&str]) -> Result<String, String> {
        let mut command = Command::new(env!("CARGO"));
        command
            .args(words)
            .arg("--offline")
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", self.folder.join("target"));
        let output = command.output().map_err(|error| format!("cargo: {error}"))?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(String::from_utf8_lossy(&output.stdout).into_owned()) } else { Err(said) }
    }

    /// Seconds.
    fn build(&self) -> Result<f64, String> {
        let _ = fs::remove_dir_all(self.folder.join("target"));
        let begun = Instant::now();
        self.cargo(&["build", "--release"])?;
        Ok(begun.elapsed().as_secs_f64())
    }

    fn bytes(&self, name: &str) -> Result<f64, String> {
        let path = self.folder.join("target/release").join(name);
        fs::metadata(path).map(|file| file.len() as f64).map_err(|error| error.to_string())
    }

    fn crates(&self) -> Result<BTreeSet<String>, String> {
        let tree = self.cargo(&["tree", "--prefix", "none", "--edges", "normal,build"])?;
        Ok(tree.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect())
    }
}

pub fn measure() -> Result<Vec<Row>, String> {
    let root = std::env::temp_dir().join(format!("on-shutdown-benches-{}", std::process::id()));
    let rows = measure_in(&root);
    let _ = fs::remove_dir_all(root);
    rows
}

fn measure_in(root: &Path) -> Result<Vec<Row>, String> {
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../runtime");
    let dependency = format!("on-shutdown = {{ path = {runtime:?} }}\n");
    let written =
        |name, code, dependency| Program::write(root, name, code, dependency).map_err(|error| error.to_string());
    let (plain, ours) = (written("plain", PLAIN, "")?, written("ours", OURS, &dependency)?);
    let (before, after) = (plain.build()?, ours.build()?);
    let (small, large) = (plain.bytes("plain")? / 1024.0, ours.bytes("ours")? / 1024.0);
    let (few, many) = (plain.crates()?, ours.crates()?);
    let more: Vec<&str> = many.difference(&few).map(String::as_str).filter(|name| *name != "ours").collect();
    let sizes = (format!("{large:.0} KiB"), format!("hello world on tokio: {small:.0} KiB"));
    let crates = (more.join(", "), format!("hello world on tokio: {}", few.len() - 1));
    let builds = (format!("{after:.1} s"), format!("hello world on tokio: {before:.1} s"));
    Ok(vec![
        Row::number("stripped binary, added", large - small, "KiB", (&sizes.0, &sizes.1), Some(200.0)),
        Row::number("crates, added", more.len() as f64, "crates", (&crates.0, &crates.1), Some(6.0)),
        Row::number("cold release build, added", after - before, "s", (&builds.0, &builds.1), Some(4.0)),
    ])
}
