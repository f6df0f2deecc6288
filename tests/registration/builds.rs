//! Checks that every profile, linker and kind of linking keeps all hooks of one app, in one order.

use std::fs;
use std::path::Path;

use process::{Program, Signal};

use crate::app::{HOOKS, WAITS, group, trace};
use crate::fixture::{Build, hooks, host};

const PROFILES: [&str; 7] = ["dev", "release", "fat", "thin", "one-unit", "many-units", "smallest"];
const LINKERS: [&str; 4] = ["lld", "bfd", "gold", "mold"];
const STATIC: Build = Build { is_static: true, ..Build::new("app", "release") };

#[test]
fn spec_3_1_every_profile_has_the_same_hooks_in_the_same_order() {
    for profile in PROFILES {
        assert_eq!(hooks(Build::new("app", profile).program("app")), HOOKS, "profile {profile}");
    }
}

/// `smallest` is the profile with `panic = "abort"`.
#[test]
fn spec_3_17_a_program_that_aborts_on_panic_says_so_at_install_and_another_does_not() {
    for (profile, aborts) in [("smallest", true), ("release", false)] {
        let program = Build::new("app", profile).program("app");
        let plan = Program::new(program.to_str().expect("the path is text")).env("ON_SHUTDOWN", "plan").run();
        let note = "note: this program is built with `panic = \"abort\"`: a hook that panics ends the process at once";
        assert_eq!(plan.out.iter().any(|line| line.starts_with(note)), aborts, "{profile}\n{plan}");
    }
}

#[test]
fn spec_3_1_a_static_program_has_the_same_hooks_in_the_same_order() {
    if !can_be_static() {
        return;
    }
    let program = STATIC.program("app");
    assert!(!contains(&program, b"/ld-linux"), "the program needs a dynamic loader");
    assert_eq!(hooks(program), HOOKS);
}

#[test]
fn spec_3_1_every_linker_keeps_the_same_hooks_in_the_same_order() {
    for linker in LINKERS {
        let is_available = is_installed(&format!("ld.{linker}")) || (linker == "lld" && has_bundled_lld());
        if !is_available {
            println!("skipped: no ld.{linker} on this machine");
            continue;
        }
        let build = Build { linker: Some(linker), ..Build::new("app", "linkers") };
        let program = build.program("app");
        assert_eq!(contains(&program, b"Linker: LLD"), linker == "lld", "{linker} did not link the program");
        assert_eq!(hooks(program), HOOKS, "linker {linker}");
    }
}

#[test]
fn spec_3_1_every_hook_runs_at_sigterm_after_fat_lto() {
    assert_runs(&Build::new("app", "fat").program("app"));
}

#[test]
fn spec_3_1_every_hook_runs_at_sigterm_in_a_static_program() {
    if can_be_static() {
        assert_runs(&STATIC.program("app"));
    }
}

/// Stops the program by a signal, and checks that each hook runs once, in the order of groups and after the hooks that it
/// waits for.
fn assert_runs(program: &Path) {
    let mut running = Program::new(program.to_str().expect("the path is text")).start();
    running.signal(Signal::SIGTERM);
    let ended = running.wait();
    ended.assert_code(0);

    let ran: Vec<&str> = ended.out.iter().map(String::as_str).filter(|line| *line != "ready").collect();
    let (mut sorted, mut expected) = (ran.clone(), HOOKS.map(trace));
    sorted.sort_unstable();
    expected.sort_unstable();
    assert_eq!(sorted, expected, "{ended}");

    let groups = ran.iter().filter_map(|line| HOOKS.iter().find(|hook| trace(hook) == *line)).map(|hook| group(hook));
    let index = |wanted| HOOKS.iter().position(|hook| group(hook) == wanted);
    assert!(groups.map(index).is_sorted(), "a phase or a priority is out of order\n{ended}");

    // Spec 3.5: the paths in `after` go through re-exports to hooks of other crates.
    for (hook, earlier) in WAITS {
        ended.assert_order(&[earlier, hook]);
    }
}

fn contains(program: &Path, text: &[u8]) -> bool {
    let bytes = fs::read(program).expect("the program was built");
    bytes.windows(text.len()).any(|window| window == text)
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Returns whether rustc links with its own lld on this machine.
fn has_bundled_lld() -> bool {
    host() == "x86_64-unknown-linux-gnu"
}

/// Returns whether the C library of this machine exists as an archive. Apple's does not.
fn can_be_static() -> bool {
    let can = host().contains("-linux-");
    if !can {
        println!("skipped: no static programs on {}", host());
    }
    can
}
