//! Tests what may be between docker and the program: shells as PID 1, and inits before shells. As measured on Debian
//! 12.

use std::sync::Arc;

use containers::{Ended, Image, Program, Recipe, Run, Unavailable, in_docker};

const BUSYBOX: &str = "/bin/busybox";
const DASH: &str = "/bin/dash";
const BASH: &str = "/bin/bash";

/// `service`, three shells and two inits.
fn tools() -> Recipe {
    Recipe::scratch(Program::new("service"))
        .debian("busybox-static", BUSYBOX)
        .debian("dash", DASH)
        .debian("bash", BASH)
        .debian("tini", "/usr/bin/tini")
        .debian("dumb-init", "/usr/bin/dumb-init")
}

/// Each shell with the words that make it read a command.
const SHELLS: [&[&str]; 3] = [&[DASH, "-c"], &[BUSYBOX, "sh", "-c"], &[BASH, "-c"]];

/// Stops `command`, run by the shell; the shell is PID 1 unless there is something before it.
fn stop(image: &Arc<Image>, run: &Run, before: &[&str], shell: &[&str], command: &str) -> Ended {
    let words: Vec<&str> = before.iter().chain(shell).copied().chain([command]).collect();
    let container = run.clone().command(&words).ready(image);
    container.stop_within(2).wait()
}

/// What the program says at install where a shell will keep the signal from it.
const EXPLAINED: &str = "PID 1 of this container is `";

fn assert_graceful(ended: &Ended) {
    ended.assert_code(0).assert_order(&["ready", "left the registry", "flushed the metrics"]);
    ended.assert_said("; 6 completed in ").assert_silent(EXPLAINED);
}

fn assert_killed_unasked(ended: &Ended) {
    ended.assert_code(137).assert_not_before(2).assert_said(EXPLAINED);
    ended.assert_silent("SIGTERM from").assert_silent("left the registry");
}

/// `CMD` in shell form, with the shell named by `SHELL`.
fn stop_shell_form(shell: &[&str]) -> Result<Ended, Unavailable> {
    let words: Vec<String> = shell.iter().map(|word| format!("{word:?}")).collect();
    let image = tools().line(&format!("SHELL [{}]", words.join(", "))).line("CMD /service").build()?;
    Ok(Run::new().ready(&image).stop_within(2).wait())
}

#[test]
fn spec_3_21_shell_form_under_dash_never_passes_the_signal_on_and_is_explained() {
    in_docker(|| {
        assert_killed_unasked(&stop_shell_form(SHELLS[0])?);
        Ok(())
    });
}

#[test]
fn spec_3_20_shell_form_under_busybox_sh_and_bash_is_as_exec_form() {
    in_docker(|| {
        for shell in &SHELLS[1..] {
            assert_graceful(&stop_shell_form(shell)?);
        }
        Ok(())
    });
}

#[test]
fn spec_3_20_the_last_command_of_a_list_is_as_exec_form_under_busybox_sh_and_bash() {
    in_docker(|| {
        let image = tools().build()?;
        for shell in &SHELLS[1..] {
            assert_graceful(&stop(&image, &Run::new(), &[], shell, "true && /service"));
        }
        Ok(())
    });
}

#[test]
fn spec_3_20_exec_is_as_exec_form_under_every_shell() {
    in_docker(|| {
        let image = tools().build()?;
        for shell in SHELLS {
            assert_graceful(&stop(&image, &Run::new(), &[], shell, "true; exec /service"));
        }
        Ok(())
    });
}

#[test]
fn spec_3_21_a_command_that_is_not_the_last_never_gets_the_signal_and_says_so_under_any_shell() {
    in_docker(|| {
        let image = tools().build()?;
        for shell in SHELLS {
            assert_killed_unasked(&stop(&image, &Run::new(), &[], shell, "/service; true"));
        }
        Ok(())
    });
}

/// Fast, and so it looks graceful; but no hook ran.
#[test]
fn init_before_a_shell_ends_the_shell_and_tells_the_program_nothing() {
    in_docker(|| {
        let image = tools().build()?;
        for shell in SHELLS {
            let ended = stop(&image, &Run::new().flag("--init"), &[], shell, "/service; true");
            ended.assert_code(143).assert_silent("SIGTERM from").assert_silent("left the registry");
        }
        Ok(())
    });
}

/// The program gets the signal, and is killed in the middle of its first hook, because the shell ended before it.
fn stop_group(init: &[&str]) {
    in_docker(|| {
        let image = tools().build()?;
        for shell in SHELLS {
            let ended = stop(&image, &Run::new(), init, shell, "/service; true");
            ended.assert_code(143).assert_silent("left the registry");
        }
        Ok(())
    });
}

#[test]
fn tini_g_before_a_shell_ends_the_shell_and_with_it_the_program() {
    stop_group(&["/usr/bin/tini", "-g", "--"]);
}

#[test]
fn dumb_init_before_a_shell_ends_the_shell_and_with_it_the_program() {
    stop_group(&["/usr/bin/dumb-init"]);
}

/// Without a shell between them an init passes the signal on.
#[test]
fn spec_3_20_an_init_before_the_program_itself_is_as_exec_form() {
    in_docker(|| {
        let image = tools().build()?;
        for init in [&["/usr/bin/tini", "--"][..], &["/usr/bin/tini", "-g", "--"], &["/usr/bin/dumb-init"]] {
            assert_graceful(&stop(&image, &Run::new(), init, &[], "/service"));
        }
        Ok(())
    });
}
