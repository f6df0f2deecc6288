//! Finds the source files of a crate, as the compiler does: from its root along the declarations of modules.

use std::fs;
use std::path::{Path, PathBuf};

use syn::Item;

use crate::Result;
use crate::attributes::is_left_out;

/// A source file that is compiled into the crate on this system.
pub(crate) struct Source {
    /// Relative to the workspace.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Returns the files of the crate that has this root, without tests.
pub(crate) fn of_crate(workspace: &Path, root: &str) -> Result<Vec<Source>> {
    let mut found = Vec::new();
    let root = PathBuf::from(root);
    let folder = root.parent().unwrap_or(Path::new("")).to_owned();
    follow(workspace, &root, &folder, &mut found)?;
    Ok(found)
}

/// `folder` contains the files of the modules that the file declares.
fn follow(workspace: &Path, path: &Path, folder: &Path, found: &mut Vec<Source>) -> Result<()> {
    let text = fs::read_to_string(workspace.join(path)).map_err(|error| format!("{}: {error}", path.display()))?;
    let parsed = syn::parse_file(&text)?;
    if is_left_out(&parsed.attrs) {
        return Ok(());
    }
    found.push(Source { path: path.to_string_lossy().into_owned(), text });
    for item in &parsed.items {
        let Item::Mod(module) = item else { continue };
        // Only tests have another path in these sources.
        let has_path = module.attrs.iter().any(|attribute| attribute.path().is_ident("path"));
        if module.content.is_some() || has_path || is_left_out(&module.attrs) {
            continue;
        }
        let name = module.ident.to_string();
        let (file, below) = (folder.join(&name).with_extension("rs"), folder.join(&name));
        let file = if workspace.join(&file).exists() { file } else { below.join("mod.rs") };
        follow(workspace, &file, &below, found)?;
    }
    Ok(())
}
