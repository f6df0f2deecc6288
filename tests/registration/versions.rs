//! Checks that cargo refuses a program with two versions of the runtime, which would have two separate registries.

use std::fs;
use std::path::{Path, PathBuf};

use crate::fixture::{cargo, copy, output, root, scratch, text};

const OTHER: &str = "99.0.0";

#[test]
fn spec_3_6_two_versions_of_the_runtime_cannot_be_linked() {
    // The folders are siblings: cargo would treat nested packages as one workspace.
    let folder = scratch("versions/program");
    let (ours, theirs) = (root().join("runtime"), other_version(&scratch("versions/other")));
    let dependency = |name, path: &Path| format!("{name} = {{ package = \"on-shutdown\", path = {path:?} }}\n");
    let (one, other) = (dependency("one", &ours), dependency("other", &theirs));

    // Cargo accepts each version alone, so the refusal below is about the combination.
    for (alone, version) in [(&one, ""), (&other, OTHER)] {
        let tree = resolve(&folder, alone).unwrap_or_else(|refused| panic!("{refused}"));
        assert!(tree.contains(&format!("on-shutdown v{version}")), "{tree}");
    }
    let refused = resolve(&folder, &(one + &other)).expect_err("cargo refuses it");
    assert!(refused.contains("links to the native library `on-shutdown`"), "{refused}");
}

/// Returns the dependency tree of a program with these dependencies, or cargo's error.
fn resolve(folder: &Path, dependencies: &str) -> Result<String, String> {
    let manifest = "[package]\nname = \"two-versions\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n";
    write(&folder.join("Cargo.toml"), &format!("{manifest}{dependencies}"));
    write(&folder.join("src/main.rs"), "fn main() {}\n");
    copy(&root().join("Cargo.lock"), &folder.join("Cargo.lock"));
    let resolved = output(&mut cargo(folder, "tree"));
    if resolved.status.success() { Ok(text(&resolved.stdout)) } else { Err(text(&resolved.stderr)) }
}

/// Copies both crates, changes their version, and returns the folder of the copied runtime.
fn other_version(folder: &Path) -> PathBuf {
    let workspace = fs::read_to_string(root().join("Cargo.toml")).expect("the root has a manifest");
    let version = workspace.lines().find_map(|line| line.strip_prefix("version = "));
    let version = version.expect("the workspace has a version").trim_matches('"');
    let of_packages = workspace.split_once("[workspace.package]").expect("its packages inherit").1;
    let head = "[workspace]\nresolver = \"3\"\nmembers = [\"macros\", \"runtime\"]\n\n[workspace.package]";
    write(&folder.join("Cargo.toml"), &format!("{head}{}", of_packages.replacen(version, OTHER, 1)));
    for package in ["macros", "runtime"] {
        let (from, to) = (root().join(package), folder.join(package));
        copy_folder(&from, &to);
        let manifest = fs::read_to_string(from.join("Cargo.toml")).expect("a package has a manifest");
        write(&to.join("Cargo.toml"), &manifest.replace(&format!("\"={version}\""), &format!("\"={OTHER}\"")));
    }
    folder.join("runtime")
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("the folder is there").map(|entry| entry.expect("it can be read")) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() { copy_folder(&from, &to) } else { copy(&from, &to) }
    }
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder can be made");
    fs::write(path, text).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
}
