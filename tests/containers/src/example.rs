//! An example service's name in, its image out, built by its own Dockerfile.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::binary::target_tmp;
use crate::docker::{Kind, Owned, docker, unique};
use crate::image::Folder;
use crate::{Image, Program, Unavailable, leftovers};

/// The image of `examples/platforms/<name>`: its Dockerfile as it is, over a folder with the static build of its program.
pub fn image(name: &'static str) -> Result<Arc<Image>, Unavailable> {
    let refused = |why: String| Unavailable::new(format!("the image of the example `{name}`"), why);
    let program = Program::new(name).build()?;
    let dockerfile = format!("{}/../../examples/platforms/{name}/Dockerfile", env!("CARGO_MANIFEST_DIR"));
    let context = Folder(target_tmp().map_err(refused)?.join(unique("context")));
    fill(&context.0, &program, name).map_err(|error| refused(error.to_string()))?;
    let (image, label) = (Image(Owned::named(Kind::Image)), leftovers::label());
    let words = ["build", "--no-cache", "--force-rm", "--label", &label, "--tag", image.name(), "--file", &dockerfile];
    docker(words.into_iter().chain([&*context.0.to_string_lossy()])).map_err(refused)?;
    Ok(Arc::new(image))
}

/// The program, under the name that it has among the examples.
fn fill(context: &Path, program: &Path, name: &str) -> std::io::Result<()> {
    fs::create_dir_all(context)?;
    fs::copy(program, context.join(format!("platform_{name}"))).map(|_| ())
}
