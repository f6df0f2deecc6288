//! Copies the working tree, so that changes are written into the copy only.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

use crate::Result;

/// Folders of one measurement, all below `target/mutation` of the workspace.
pub(crate) struct Folders {
    pub(crate) workspace: PathBuf,
    pub(crate) tree: PathBuf,
    pub(crate) target: PathBuf,
    /// Another target folder, for builds whose macros have a change.
    pub(crate) rebuild: PathBuf,
    pub(crate) reached: PathBuf,
    pub(crate) work: PathBuf,
}

impl Folders {
    pub(crate) fn find() -> Self {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let workspace = workspace.canonicalize().unwrap_or(workspace);
        let work = workspace.join("target/mutation");
        let below = |name| work.join(name);
        Self {
            tree: below("tree"),
            target: below("target"),
            rebuild: below("rebuild"),
            reached: below("reached"),
            workspace,
            work,
        }
    }
}

/// Copies every file that git knows or would add, except for those that the sample changes. A file that has not changed
/// keeps its time, so that cargo does not build it again.
pub(crate) fn copy(folders: &Folders, changed: &BTreeSet<&str>) -> Result<()> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git").args(arguments).current_dir(&folders.workspace).output()?;
    if !output.status.success() {
        return Err("git cannot list the files".into());
    }
    let list = String::from_utf8(output.stdout)?;
    let names: Vec<&str> = list.split('\0').filter(|name| !name.is_empty()).collect();
    remove_others(&folders.tree, &folders.tree, &names)?;
    for name in names {
        let (from, to) = (folders.workspace.join(name), folders.tree.join(name));
        if from.is_file() && !changed.contains(name) {
            write(&to, &fs::read(&from)?)?;
            fs::set_permissions(&to, fs::metadata(&from)?.permissions())?;
        }
    }
    Ok(())
}

/// Writes a file if its content changes.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    if fs::read(path).is_ok_and(|old| old == content) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, content)
}

fn remove_others(tree: &Path, folder: &Path, names: &[&str]) -> io::Result<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            remove_others(tree, &path, names)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(tree).unwrap_or(&path).to_string_lossy().into_owned();
            if !names.contains(&name.as_str()) && !name.ends_with("/src/mutation.rs") {
                fs::remove_file(&path)?;
            }
        }
    }
    Ok(())
}
