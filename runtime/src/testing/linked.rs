//! Asserts that hooks are linked, and that the plan fits.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::{Path, PathBuf};

use cargo_lock::{Lockfile, Package};

use super::fail;
use super::own_library::OwnLibrary;
use crate::hook::registry;
use crate::plan::Plan;
use crate::plan::shortfall;

/// Asserts that exactly these hooks are linked. `expected` contains their full names (`orders::flush`), in any order.
///
/// # Panics
/// Panics if a hook is missing or unexpected. The message names all of these hooks.
#[track_caller]
pub fn assert_hooks(expected: &[&str]) {
    // Sorted sets, so that the message is the same on every run.
    let linked: BTreeSet<String> = registry::linked().iter().map(|hook| hook.full_name()).collect();
    let expected: BTreeSet<String> = expected.iter().map(|name| (*name).to_owned()).collect();
    let list = |names: Vec<&String>| names.iter().map(|name| format!("\n  {name}")).collect::<String>();
    let missing: Vec<&String> = expected.difference(&linked).collect();
    let unexpected: Vec<&String> = linked.difference(&expected).collect();
    if !missing.is_empty() || !unexpected.is_empty() {
        let (missing, unexpected) = (list(missing), list(unexpected));
        fail(&format!(
            "the linked hooks differ from the expected ones.\nexpected, but not linked:{missing}\nlinked, but not expected:{unexpected}"
        ));
    }
}

/// Asserts that the plan fits ([`Plan::fits`]): no hook is cut short, even if every hook takes as long as it may.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use on_shutdown::{Settings, testing};
///
/// testing::assert_fits(&Settings::new().grace_period(Duration::from_secs(30)).plan()?);
/// # Ok::<(), on_shutdown::InstallError>(())
/// ```
///
/// # Panics
/// Panics if the plan does not fit. The message names the hooks that are cut short.
#[track_caller]
pub fn assert_fits(plan: &Plan) {
    if let Some(sentence) = shortfall::describe(plan) {
        fail(&sentence);
    }
}

/// Asserts that each dependency of this package that depends on `on-shutdown` has a linked hook, and so has the library of
/// the package itself.
///
/// The linker leaves out a crate that only `Cargo.toml` names, and the package's own `src/lib.rs` if the program does not
/// name it. Reads the `Cargo.lock` of the package under test, which `cargo test` and nextest name in the environment, and
/// the sources of its library: a library counts if they mention `on_shutdown`. Call this function in a unit test of the
/// program itself (`src/main.rs`), because the `use` lines of that file decide what is linked. `except` lists packages
/// without hooks.
///
/// # Panics
/// Panics if a package is missing; the message contains the line to add. Also panics if there is no readable
/// `Cargo.lock` or `Cargo.toml`.
#[track_caller]
pub fn assert_dependencies_linked(except: &[&str]) {
    let variable =
        |name: &str| env::var(name).unwrap_or_else(|_| fail(&format!("`{name}` is not set; run this test with cargo")));
    let (folder, name) = (PathBuf::from(variable("CARGO_MANIFEST_DIR")), variable("CARGO_PKG_NAME"));
    let lock = read_lock(&folder);
    let hooks = registry::linked();
    let linked: BTreeSet<&str> = hooks.iter().map(|hook| hook.package).collect();
    let mut missing: Vec<String> = dependents(&lock, &name)
        .into_iter()
        .filter(|user| !linked.contains(user.name.as_str()) && !except.contains(&user.name.as_str()))
        .map(|user| {
            let (name, line) = (&user.name, user.name.as_str().replace('-', "_"));
            format!("\n  {name} {}: write `use {line} as _;` in src/main.rs", user.version)
        })
        .collect();
    let own = OwnLibrary::find(&folder, &name).filter(|own| !own.is_linked(&name, &hooks));
    if let Some(OwnLibrary { name: library, .. }) = own.filter(|_| !except.contains(&&*name)) {
        missing.push(format!("\n  {name}, the library of this package: write `use {library} as _;` in src/main.rs"));
    }
    if !missing.is_empty() {
        fail(&format!(
            "these packages depend on on-shutdown, but none of their hooks is linked:{}\n(or list them in `except` if they have no hooks)",
            missing.concat()
        ));
    }
}

#[track_caller]
fn read_lock(folder: &Path) -> Lockfile {
    // In a workspace, the file is in a directory above the package.
    let file = folder.ancestors().map(|folder| folder.join("Cargo.lock")).find(|file| file.is_file());
    let Some(file) = file else { fail(&format!("there is no Cargo.lock in {} or above it", folder.display())) };
    Lockfile::load(&file).unwrap_or_else(|error| fail(&format!("{}: {error}", file.display())))
}

/// Returns the direct and indirect dependencies of `root` that depend on this crate.
fn dependents<'a>(lock: &'a Lockfile, root: &str) -> Vec<&'a Package> {
    const OWN: &str = env!("CARGO_PKG_NAME");
    let by_name: BTreeMap<_, _> =
        lock.packages.iter().map(|package| ((package.name.as_str(), package.version.to_string()), package)).collect();
    // `Cargo.lock` also lists the other packages of the workspace. Only those below `root` count.
    let mut open: Vec<&Package> = lock.packages.iter().filter(|package| package.name.as_str() == root).collect();
    let (mut seen, mut dependents) = (BTreeSet::new(), Vec::new());
    while let Some(package) = open.pop() {
        for dependency in &package.dependencies {
            let Some(below) = by_name.get(&(dependency.name.as_str(), dependency.version.to_string())) else {
                continue;
            };
            if seen.insert((below.name.as_str(), below.version.to_string())) {
                open.push(below);
            }
        }
        let uses = package.dependencies.iter().any(|dependency| dependency.name.as_str() == OWN);
        if uses && package.name.as_str() != root {
            dependents.push(package);
        }
    }
    dependents.sort();
    dependents
}
