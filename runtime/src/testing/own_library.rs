//! Finds the library of the package under test, and tells whether its hooks are linked into the program of the package.

use std::fs;
use std::path::{Path, PathBuf};

use super::fail;
use crate::hook::HookRef;

/// The library of a package that also has programs.
pub(super) struct OwnLibrary {
    /// The name of the crate.
    pub(super) name: String,
    /// The source files that mention this crate, relative to the package. Only these can declare hooks.
    files: Vec<PathBuf>,
}

impl OwnLibrary {
    /// Reads the manifest and the sources of the package in `folder`. Returns `None` if the package has no library, or if
    /// the library does not use this crate.
    #[track_caller]
    pub(super) fn find(folder: &Path, package: &str) -> Option<Self> {
        let manifest = folder.join("Cargo.toml");
        let text =
            fs::read_to_string(&manifest).unwrap_or_else(|error| fail(&format!("{}: {error}", manifest.display())));
        let table: toml::Table = text.parse().unwrap_or_else(|error| fail(&format!("{}: {error}", manifest.display())));
        let setting = |name: &str| table.get("lib").and_then(|lib| lib.get(name));
        if setting("proc-macro").and_then(toml::Value::as_bool) == Some(true) {
            return None;
        }
        let name = setting("name").and_then(toml::Value::as_str);
        let name = name.map_or_else(|| package.replace('-', "_"), str::to_owned);
        let root = setting("path").and_then(toml::Value::as_str).unwrap_or("src/lib.rs");
        let mut files = Vec::new();
        add_files(folder, Path::new(root), root_folder(root), &mut files);
        (!files.is_empty()).then_some(Self { name, files })
    }

    /// Returns whether a hook of the library is linked. The name of the crate is not enough: the program may have the same.
    pub(super) fn is_linked(&self, package: &str, linked: &[HookRef]) -> bool {
        let is_own = |hook: &HookRef| {
            hook.package == package && self.files.iter().any(|file| Path::new(hook.file).ends_with(file))
        };
        linked.iter().any(is_own)
    }
}

fn root_folder(root: &str) -> &Path {
    Path::new(root).parent().unwrap_or(Path::new(""))
}

/// Adds the file, and the files of its modules, if they mention this crate. `modules` is the folder of its modules.
fn add_files(package: &Path, file: &Path, modules: &Path, found: &mut Vec<PathBuf>) {
    let Ok(text) = fs::read_to_string(package.join(file)) else { return };
    if text.contains("on_shutdown") {
        found.push(file.to_owned());
    }
    for module in modules_in(&text) {
        let folder = modules.join(module);
        add_files(package, &folder.with_extension("rs"), &folder, found);
        add_files(package, &folder.join("mod.rs"), &folder, found);
    }
}

/// Returns the names of the modules that have files of their own: `mod name;`.
fn modules_in(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let (before, rest) = line.split_once("mod ")?;
        let is_item = before.is_empty() || before.ends_with([' ', '\t']);
        let name = rest.split_once(';').map(|(name, _)| name.trim()).filter(|_| is_item)?;
        name.chars().all(|letter| letter.is_alphanumeric() || letter == '_').then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_with_files_are_found() {
        let text = "mod a;\npub mod b ;\n  pub(crate) mod c;\nmod inline { mod d; }\nmod e {}\n#[cfg(x)] mod f;\n\
                    use cmod g;\n// mod one two;\nlet x = 1;\n";
        assert_eq!(modules_in(text).collect::<Vec<_>>(), ["a", "b", "c", "f"]);
    }
}
