//! Builds an image `FROM scratch` from a temporary folder.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::binary::{Program, target_tmp};
use crate::docker::{Kind, Owned, docker, unique};
use crate::{Unavailable, debian, leftovers};

/// What an image holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Recipe {
    /// The folder of the Dockerfile, where it is not ours.
    folder: Option<&'static str>,
    programs: Vec<Program>,
    debian: Vec<(&'static str, &'static str)>,
    files: Vec<(&'static str, &'static str)>,
    lines: Vec<String>,
}

impl Recipe {
    /// An image with nothing but this program, which it starts in exec form: `CMD ["/name"]`.
    pub fn scratch(program: Program) -> Self {
        Self::empty().program(program).line(&format!(r#"CMD ["/{}"]"#, program.name))
    }

    /// An image with nothing.
    pub fn empty() -> Self {
        Self { folder: None, programs: Vec::new(), debian: Vec::new(), files: Vec::new(), lines: Vec::new() }
    }

    /// What a Dockerfile in a folder of this repository makes of a program.
    pub fn dockerfile(folder: &'static str, program: Program) -> Self {
        Self { folder: Some(folder), ..Self::empty() }.program(program)
    }

    /// One more program, at `/name`.
    pub fn program(mut self, program: Program) -> Self {
        self.programs.push(program);
        self
    }

    /// A program of Debian's at its own path, with its libraries.
    pub fn debian(mut self, package: &'static str, path: &'static str) -> Self {
        self.debian.push((package, path));
        self
    }

    /// A file of this repository, at a path in the image.
    pub fn file(mut self, file: &'static str, path: &'static str) -> Self {
        self.files.push((file, path));
        self
    }

    /// One more line of the Dockerfile; a later `CMD` goes before an earlier one.
    pub fn line(mut self, line: &str) -> Self {
        self.lines.push(line.to_owned());
        self
    }

    /// The image, shared by all tests that hold it at the same time; removed when the last one lets it go.
    pub fn build(self) -> Result<Arc<Image>, Unavailable> {
        static BUILT: Mutex<Option<HashMap<Recipe, Weak<Image>>>> = Mutex::new(None);
        let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
        let built = built.get_or_insert_default();
        if let Some(image) = built.get(&self).and_then(Weak::upgrade) {
            return Ok(image);
        }
        let image = Arc::new(self.run_docker()?);
        built.insert(self, Arc::downgrade(&image));
        Ok(image)
    }

    fn run_docker(&self) -> Result<Image, Unavailable> {
        let refused = |why: String| Unavailable::new("an image", why);
        let files = self.files()?;
        let context = Folder(target_tmp().map_err(refused)?.join(unique("context")));
        self.fill(&context.0, &files).map_err(|error| refused(error.to_string()))?;
        let image = Image(Owned::named(Kind::Image));
        let folder = context.0.to_string_lossy();
        // A step taken from the cache may belong to an image that another test removes at this moment.
        docker(["build", "--no-cache", "--force-rm", "--tag", image.name(), &folder]).map_err(refused)?;
        Ok(image)
    }

    /// Each file of this machine, with its path in the image.
    fn files(&self) -> Result<Vec<(PathBuf, PathBuf)>, Unavailable> {
        let mut files = Vec::new();
        for program in &self.programs {
            files.push((program.build()?, program.name.into()));
        }
        for (package, path) in &self.debian {
            let found = debian::files(package, path)?;
            files.extend(found.into_iter().map(|file| (file.clone(), file.strip_prefix("/").unwrap_or(&file).into())));
        }
        files.extend(self.files.iter().map(|(file, path)| (repository().join(file), path.into())));
        Ok(files)
    }

    fn fill(&self, context: &Path, files: &[(PathBuf, PathBuf)]) -> io::Result<()> {
        // The example's own Dockerfile expects the program in this folder.
        let root = if self.folder.is_some() { context.to_owned() } else { context.join("root") };
        for (file, path) in files {
            let place = root.join(path);
            fs::create_dir_all(place.parent().unwrap_or(&root))?;
            fs::copy(file, place)?;
        }
        // The label first: what a killed build leaves behind has it, too.
        let begin = format!("FROM scratch\nLABEL {}\n", leftovers::label());
        let begin = match self.folder {
            None => begin + "COPY root/ /\n",
            Some(folder) => {
                let text = fs::read_to_string(repository().join(folder).join("Dockerfile"))?;
                let (_, rest) = text
                    .split_once("FROM scratch\n")
                    .ok_or_else(|| io::Error::other(format!("{folder}/Dockerfile does not begin `FROM scratch`")))?;
                begin + rest
            }
        };
        fs::write(context.join("Dockerfile"), begin + &self.lines.join("\n") + "\n")
    }
}

/// The root of this repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// An image of docker's.
pub struct Image(Owned);

impl Image {
    pub fn name(&self) -> &str {
        &self.0.name
    }
}

/// A folder that is removed when this is dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        Ok(Self(path.to_owned()))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
