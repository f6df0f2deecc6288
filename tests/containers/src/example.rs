//! The program of an example service in, its image out, built by its own Dockerfile.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::binary::target_tmp;
use crate::docker::{Kind, Owned, docker, unique};
use crate::image::Folder;
use crate::{Image, Program, Unavailable, leftovers};

pub const WRITER: Example = Example { program: Program::new("platform_writer"), folder: "writer" };
pub const REGISTRY: Example = Example { program: Program::new("platform_registry"), folder: "registry" };
pub const REPLICA: Example = Example { program: Program::new("platform_replica"), folder: "replica" };

/// A service of `examples/platforms`.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    program: Program,
    folder: &'static str,
}

impl Example {
    /// Its Dockerfile as it is, over a folder with the static build of its program.
    pub fn image(self) -> Result<Arc<Image>, Unavailable> {
        let refused = |why: String| Unavailable::new(format!("the image of the example `{}`", self.folder), why);
        let program = self.program.build()?;
        let dockerfile = format!("{}/../../examples/platforms/{}/Dockerfile", env!("CARGO_MANIFEST_DIR"), self.folder);
        let context = Folder(target_tmp().map_err(refused)?.join(unique("context")));
        fill(&context.0, &program, self.program.name).map_err(|error| refused(error.to_string()))?;
        let (image, label) = (Image(Owned::named(Kind::Image)), leftovers::label());
        let words =
            ["build", "--no-cache", "--force-rm", "--label", &label, "--tag", image.name(), "--file", &dockerfile];
        docker(words.into_iter().chain([&*context.0.to_string_lossy()])).map_err(refused)?;
        Ok(Arc::new(image))
    }
}

/// The program, under the name that it has among the examples.
fn fill(context: &Path, program: &Path, name: &str) -> std::io::Result<()> {
    fs::create_dir_all(context)?;
    fs::copy(program, context.join(name)).map(|_| ())
}
