//! Builds nothing. Cargo requires a build script for `links`, which keeps two versions of this crate out of one
//! program.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
}
