//! Builds the image of an example service with its own Dockerfile.

use std::sync::Arc;

use crate::{Image, Program, Recipe, Unavailable};

pub const WRITER: Example = Example { program: "platform_writer", folder: "examples/platforms/writer" };
pub const REGISTRY: Example = Example { program: "platform_registry", folder: "examples/platforms/registry" };
pub const REPLICA: Example = Example { program: "platform_replica", folder: "examples/platforms/replica" };
pub const CONSUMER: Example = Example { program: "platform_consumer", folder: "examples/platforms/consumer" };

/// A service of `examples/platforms`.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    program: &'static str,
    folder: &'static str,
}

impl Example {
    pub fn image(self) -> Result<Arc<Image>, Unavailable> {
        Recipe::dockerfile(self.folder, Program::new(self.program)).build()
    }
}
