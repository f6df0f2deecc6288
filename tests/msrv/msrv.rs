//! Checks that our `rust-version` is the highest `rust-version` of our dependencies and our own code.
//!
//! If ours is lower, a dependency fails to compile with a compiler that we promise to support. If ours is higher, we
//! exclude users without a reason. Clippy checks our own use of the standard library (`incompatible_msrv`).

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const PACKAGES: [&str; 3] = ["on-shutdown", "on-shutdown-macros", "on-shutdown-report"];

/// The version that our own code needs, and the reason.
const OURS: (&str, &str) = ("1.85", "edition 2024");

/// The platforms that we support. A dependency of another platform does not count.
const PLATFORMS: [&str; 2] = ["x86_64-unknown-linux-gnu", "aarch64-apple-darwin"];

/// A version of Rust. `1.85` equals `1.85.0`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Version([u64; 3]);

impl Version {
    fn parse(text: &str) -> Self {
        let mut parts = text.split('.').map(|part| part.parse().unwrap_or_else(|_| panic!("not a version: {text}")));
        Self(std::array::from_fn(|_| parts.next().unwrap_or(0)))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([major, minor, patch]) = self;
        write!(f, "{major}.{minor}.{patch}")
    }
}

#[test]
fn rust_version_is_the_highest_of_our_dependencies_and_our_own_needs() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("metadata lists packages");
    let used = used();
    let mut highest = (Version::parse(OURS.0), OURS.1.to_owned());
    let mut declared = Vec::new();
    for package in packages {
        let (name, version) = (text(package, "name"), text(package, "version"));
        // A package without a `rust-version` cannot be checked here.
        let Some(needs) = package["rust_version"].as_str().map(Version::parse) else { continue };
        if PACKAGES.contains(&name) {
            declared.push((name, needs));
        } else if used.contains(&(name.to_owned(), version.to_owned())) && needs > highest.0 {
            highest = (needs, format!("{name} {version}"));
        }
    }
    assert_eq!(declared.len(), PACKAGES.len(), "a package of ours has no rust-version: {declared:?}");
    let (needed, package) = highest;
    for (name, version) in declared {
        assert_eq!(
            version, needed,
            "{name} declares {version}, {package} needs {needed}: write it in the root's Cargo.toml"
        );
    }
}

/// Returns the name and version of every package that is built with ours. Dependencies of tests are not included.
fn used() -> BTreeSet<(String, String)> {
    let mut cargo = cargo("tree");
    // Features only add dependencies.
    cargo.args(["--all-features", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"]);
    cargo.args(PACKAGES.map(|package| format!("--package={package}")));
    cargo.args(PLATFORMS.map(|platform| format!("--target={platform}")));
    let tree = String::from_utf8(output(&mut cargo)).expect("cargo prints UTF-8");
    let pair = |line: &str| {
        let mut words = line.split_whitespace();
        let (name, version) = (words.next()?, words.next()?);
        Some((name.to_owned(), version.strip_prefix('v')?.to_owned()))
    };
    let used: BTreeSet<_> = tree.lines().filter_map(pair).collect();
    assert!(used.iter().any(|(name, _)| name == "tokio"), "this is not our tree:\n{tree}");
    used
}

fn metadata() -> Value {
    let mut cargo = cargo("metadata");
    cargo.args(["--format-version", "1"]);
    cargo.args(PLATFORMS.map(|platform| format!("--filter-platform={platform}")));
    serde_json::from_slice(&output(&mut cargo)).expect("metadata is JSON")
}

/// Returns a cargo command with `--locked`: the versions in `Cargo.lock` are the versions that we test with.
fn cargo(command: &str) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).args([command, "--locked"]);
    cargo
}

fn output(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn text<'a>(package: &'a Value, field: &str) -> &'a str {
    package[field].as_str().unwrap_or_else(|| panic!("a package has a {field}"))
}
