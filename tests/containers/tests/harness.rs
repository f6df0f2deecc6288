//! Tests the harness: what it removes and when, and what it does without docker.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, Output};
use std::time::{SystemTime, UNIX_EPOCH};

use containers::{BORN, Network, Program, REQUIRE, Recipe, Run, Volume, in_docker, sweep};

/// Where no daemon is.
const NOWHERE: &str = "unix:///nowhere/docker.sock";

fn docker(words: &[&str]) -> Output {
    Command::new("docker").args(words).output().expect("docker starts")
}

fn exists(kind: &str, name: &str) -> bool {
    docker(&[kind, "inspect", name]).status.success()
}

#[test]
fn a_test_that_fails_leaves_nothing_behind() {
    in_docker(|| {
        let image = Recipe::scratch(Program::new("plain")).line("ENV FAILS=1").build()?;
        let mut names = vec![("image", image.name().to_owned())];
        let failed = catch_unwind(AssertUnwindSafe(|| {
            let image = image;
            let (network, volume) = (Network::create(&["--internal"]), Volume::create());
            let mount = format!("--volume={}:/data", volume.name());
            let container = Run::new().network(network.name()).flag(&mount).ready(&image);
            names.push(("network", network.name().to_owned()));
            names.push(("volume", volume.name().to_owned()));
            names.push(("container", container.name().to_owned()));
            assert!(names.iter().all(|(kind, name)| exists(kind, name)), "{names:?}");
            container.stop_within(0).wait().assert_said("a word that it never says");
        }));
        assert!(failed.is_err());
        assert_eq!(names.len(), 4);
        assert!(!names.iter().any(|(kind, name)| exists(kind, name)), "{names:?}");
        Ok(())
    });
}

#[test]
fn what_a_killed_run_left_behind_is_removed_an_hour_later() {
    in_docker(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_secs();
        let name = |age| format!("on-shutdown-sweep-{age}-{}", std::process::id());
        let make = |kind: &str, age: u64| {
            let made = docker(&[kind, "create", "--label", &format!("{BORN}={}", now - age), &name(age)]);
            assert!(made.status.success(), "{made:?}");
        };
        let (young, old) = (60, 2 * 3600);
        for kind in ["volume", "network"] {
            make(kind, young);
            make(kind, old);
        }
        sweep();
        for kind in ["volume", "network"] {
            let found = (exists(kind, &name(young)), exists(kind, &name(old)));
            docker(&[kind, "rm", &name(young)]);
            assert_eq!(found, (true, false), "{kind}: (young, old)");
        }
        Ok(())
    });
}

#[test]
fn an_old_container_is_removed_and_with_it_the_old_image_that_it_holds() {
    in_docker(|| {
        let image = Recipe::scratch(Program::new("plain")).build()?;
        let container = Run::new().ready(&image);
        let old = format!("on-shutdown-sweep-{}", std::process::id());
        let commit = ["commit", "--change", &format!("LABEL {BORN}=1"), container.name(), &old];
        // The container inherits the label.
        let run = ["run", "--detach", "--network=none", "--name", &old, &old];
        let succeeds = |words: &[&str]| docker(words).status.success();
        // The sweep of another run may come between the two: then once more. It may also be faster than ours.
        let made = (0..10).any(|_| {
            docker(&["rm", "--force", &old]);
            succeeds(&commit) && succeeds(&run)
        });
        assert!(made, "{old}");
        sweep();
        assert!(!exists("container", &old) && !exists("image", &old));
        assert!(exists("container", container.name()) && exists("image", image.name()));
        Ok(())
    });
}

#[test]
fn two_tests_share_an_image_and_the_last_one_removes_it() {
    in_docker(|| {
        let recipe = Recipe::scratch(Program::new("plain")).line("ENV SHARED=1");
        let (one, other) = (recipe.clone().build()?, recipe.build()?);
        assert_eq!(one.name(), other.name());
        let name = one.name().to_owned();
        drop(one);
        assert!(exists("image", &name));
        drop(other);
        assert!(!exists("image", &name));
        Ok(())
    });
}

/// Runs a test of this file where no daemon is.
fn without_docker(required: &str) -> Output {
    let own = std::env::current_exe().expect("this test");
    let test = ["--exact", "two_tests_share_an_image_and_the_last_one_removes_it"];
    Command::new(own).args(test).env("DOCKER_HOST", NOWHERE).env(REQUIRE, required).output().expect("it starts")
}

#[test]
fn without_docker_a_test_says_so_and_passes() {
    let output = without_docker("0");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("skipped: docker: "), "{output:?}");
    assert!(said.contains(NOWHERE), "{output:?}");
}

#[test]
fn without_docker_a_test_fails_where_docker_is_required() {
    let output = without_docker("1");
    assert!(!output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("but it cannot run: docker: "), "{output:?}");
}
