//! Checks that hooks compile without cargo's environment variables, as in builds by Bazel, Buck and Nix.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use process::Program;

use crate::fixture::{FIXTURES, cargo, output, scratch, text};

/// A compiler wrapper that removes the variables that only cargo sets.
const WRAPPER: &str = "#!/bin/sh
for name in $(env | sed -n 's/^\\(CARGO_PKG_[A-Z_]*\\)=.*/\\1/p'); do unset \"$name\"; done
exec \"$@\"
";

#[test]
fn a_hook_compiles_without_cargos_variables_and_names_its_crate() {
    let (folder, wrapper) = (scratch("no-cargo"), scratch("no-cargo").join("rustc-without-cargo"));
    fs::create_dir_all(&folder).expect("the folder can be made");
    fs::write(&wrapper, WRAPPER).expect("the wrapper can be written");
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).expect("the wrapper can be made executable");

    let target = scratch("target");
    let mut build = cargo(&FIXTURES, "build");
    // Cargo uses this wrapper for the fixtures' own packages only.
    build.args(["--package", "app", "--target-dir"]).arg(&target).env("RUSTC_WORKSPACE_WRAPPER", &wrapper);
    let built = output(&mut build);
    assert!(built.status.success(), "{}", text(&built.stderr));

    let app = target.join("debug/app");
    let plan = Program::new(app.to_str().expect("the path is text")).env("ON_SHUTDOWN", "plan").run();
    let hook = plan.out.iter().find(|line| line.contains("kept::close_kept")).expect("the hook is in the plan");
    assert!(hook.trim_end().ends_with("  kept"), "the package must be the crate's name, without a version: `{hook}`");
    plan.assert_code(0);
    assert!(!plan.out.iter().any(|line| line.contains("registered at run time")), "{plan}");
}
