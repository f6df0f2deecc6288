//! Builds a fixture with cargo, and reads the plan of the built program.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use process::Program;

/// Prefixes of environment variables that change what cargo and rustc build. The tests remove them.
const REMOVED_VARIABLES: [&str; 6] =
    ["CARGO_BUILD_", "CARGO_ENCODED_", "CARGO_PROFILE_", "CARGO_TARGET_", "RUSTC", "RUSTFLAGS"];

pub static FIXTURES: LazyLock<PathBuf> = LazyLock::new(|| {
    let fixtures = root().join("tests/registration/fixtures");
    // The fixtures use the dependency versions of the workspace. Cargo adds the fixtures and removes unused packages.
    copy(&root().join("Cargo.lock"), &fixtures.join("Cargo.lock"));
    fixtures
});

/// Returns the folder of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the package is in the repository")
}

/// Returns a folder for the files of a test. The folder stays, so that the next run rebuilds less.
pub fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("registration").join(name)
}

pub fn copy(from: &Path, to: &Path) {
    fs::copy(from, to).unwrap_or_else(|error| panic!("cannot copy {} to {}: {error}", from.display(), to.display()));
}

/// Returns the cargo that runs this test, in `folder` and offline. The build of this test has downloaded all packages.
pub fn cargo(folder: &Path, command: &str) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        if REMOVED_VARIABLES.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            cargo.env_remove(name);
        }
    }
    cargo.current_dir(folder).arg(command).args(["--offline", "--quiet"]).env("CARGO_TERM_COLOR", "never");
    cargo
}

pub fn output(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"))
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// One way to build a fixture.
#[derive(Clone, Copy)]
pub struct Build {
    pub package: &'static str,
    pub profile: &'static str,
    /// Whether the program is linked statically, without any shared library.
    pub is_static: bool,
    /// The argument of gcc's `-fuse-ld`. `None` means the compiler's default.
    pub linker: Option<&'static str>,
}

impl Build {
    pub const fn new(package: &'static str, profile: &'static str) -> Self {
        Self { package, profile, is_static: false, linker: None }
    }

    /// Builds the package and returns the path of the program.
    pub fn program(&self, name: &str) -> PathBuf {
        let mut path = scratch("target");
        let mut cargo = cargo(&FIXTURES, if self.linker.is_some() { "rustc" } else { "build" });
        cargo.args(["--package", self.package, "--profile", self.profile, "--target-dir"]).arg(&path);
        if self.is_static {
            // With `--target`, cargo does not pass the flags to build scripts and macros, which cannot be static.
            cargo.args(["--target", host()]).env("RUSTFLAGS", "-C target-feature=+crt-static");
            path.push(host());
        }
        if let Some(linker) = self.linker {
            cargo.args(["--bin", name, "--", "-C", &format!("link-arg=-fuse-ld={linker}")]);
        }
        let built = output(&mut cargo);
        assert!(built.status.success(), "{cargo:?}\n{}", text(&built.stderr));
        path.join(if self.profile == "dev" { "debug" } else { self.profile }).join(name)
    }
}

/// Runs `cargo clippy` on a fixture.
pub fn clippy(package: &str, arguments: &[&str]) -> Output {
    let mut clippy = cargo(&FIXTURES, "clippy");
    clippy.args(["--all-targets", "--package", package, "--target-dir"]).arg(scratch("target")).args(arguments);
    output(&mut clippy)
}

/// Returns the target triple of this machine.
pub fn host() -> &'static str {
    static HOST: LazyLock<String> = LazyLock::new(|| {
        let version = output(Command::new("rustc").arg("-vV"));
        let version = text(&version.stdout);
        let host = version.lines().find_map(|line| line.strip_prefix("host: "));
        host.unwrap_or_else(|| panic!("no host in\n{version}")).to_owned()
    });
    &HOST
}

/// Returns the hooks in the plan of a built program, in order, each as `phase priority file name`.
pub fn hooks(program: impl AsRef<OsStr>) -> Vec<String> {
    let program = program.as_ref().to_str().expect("the path is text");
    let ended = Program::new(program).env("ON_SHUTDOWN", "plan").run();
    ended.assert_code(0).assert_out("shutdown plan: ");
    let mut phase = "";
    let mut hooks = Vec::new();
    for line in ended.out.iter().skip(1).filter(|line| !line.starts_with("note: ")) {
        if !line.starts_with(' ') {
            phase = line.split(' ').next().unwrap_or_default();
            continue;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let file = words.iter().find_map(|word| word.rsplit_once(':').filter(|(file, _)| file.ends_with(".rs")));
        let ([priority, name, ..], Some((file, _))) = (&words[..], file) else {
            panic!("not a hook: `{line}`\n{ended}")
        };
        // The file name is enough to tell the module.
        let name = name.rsplit("::").next().unwrap_or(name);
        hooks.push(format!("{phase} {priority} {file} {name}"));
    }
    hooks
}
