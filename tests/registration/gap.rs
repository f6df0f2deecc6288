//! Checks the known gap: a dependency that no code names is not linked, so its hooks are absent. `use dep as _` links it.

use crate::fixture::{Build, FIXTURES, cargo, hooks, output, scratch, text};

fn files(hooks: &[String], part: &str) -> usize {
    hooks.iter().filter(|hook| hook.contains(part)).count()
}

#[test]
fn spec_3_2_a_library_that_is_only_in_cargo_toml_has_no_hooks_in_the_program() {
    let hooks = hooks(Build::new("app", "dev").program("app"));
    assert_eq!(files(&hooks, "unnamed/"), 0, "the gap is closed: remove it from the documentation\n{hooks:#?}");
    assert_eq!(files(&hooks, "behind/"), 0, "{hooks:#?}");
}

/// Also checks spec 3.1 for a `cfg` on a feature, above and below the attribute.
#[test]
fn spec_3_2_use_as_underscore_links_its_hooks_and_those_of_its_dependencies() {
    let expected = [
        "deregister 0 switched/src/lib.rs one_of_two",
        "stop 0 behind/src/lib.rs stop_behind",
        "stop 0 switched/src/lib.rs on_above",
        "stop 0 switched/src/lib.rs on_below",
        "stop 0 switched/src/lib.rs attribute_on",
        "stop 0 switched/src/lib.rs after_either",
        "stop 0 unnamed/src/lib.rs stop_unnamed",
        "finalize 5 switched/src/lib.rs extra_above",
        "finalize 5 switched/src/lib.rs extra_below",
    ];
    for profile in ["dev", "fat"] {
        assert_eq!(hooks(Build::new("cured", profile).program("cured")), expected, "profile {profile}");
    }
}

#[test]
fn spec_3_2_the_same_holds_for_the_library_of_a_programs_own_package() {
    let build = Build::new("own-lib", "dev");
    let (library, program) = ("stop 0 own-lib/src/part/mod.rs of_the_library", "of_the_program");
    let unnamed = hooks(build.program("own_lib_unnamed"));
    assert_eq!(unnamed, [format!("stop 0 own-lib/src/bin/own_lib_unnamed.rs {program}")]);
    let named = hooks(build.program("own_lib_named"));
    assert_eq!(named, [library.to_owned(), format!("stop 0 own-lib/src/bin/own_lib_named.rs {program}")]);
}

#[test]
fn spec_3_2_the_test_helper_finds_a_library_that_the_program_of_its_own_package_does_not_name() {
    let tests_of = |program| {
        let mut cargo = cargo(&FIXTURES, "test");
        cargo.args(["--package", "own-lib", "--bin", program, "--target-dir"]).arg(scratch("target"));
        let ended = output(&mut cargo);
        text(&ended.stdout) + &text(&ended.stderr)
    };
    let missing = "own-lib, the library of this package: write `use own_lib as _;` in src/main.rs";
    let named = tests_of("own_lib_named");
    assert!(named.contains("1 passed; 0 failed"), "{named}");
    let unnamed = tests_of("own_lib_unnamed");
    assert!(unnamed.contains("0 passed; 1 failed") && unnamed.contains(missing), "{unnamed}");
    // The crate of this program is called `own_lib`, too. It has a hook of its own.
    let same_name = tests_of("own-lib");
    assert!(same_name.contains("1 passed; 1 failed") && same_name.contains(missing), "{same_name}");
}
