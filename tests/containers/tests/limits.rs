//! Tests limits that are reached at the trigger: time while frozen, CPU, threads, descriptors, memory.

use std::thread;
use std::time::Duration;

use containers::{Ended, Program, Recipe, Run, in_docker, supports};

/// All hooks of `service`, one after another.
fn assert_all_ran(ended: &Ended) {
    ended.assert_code(0).assert_said("; 6 completed in ").assert_order(&[
        "ready",
        "left the registry",
        "finished the requests",
        "stopped the consumer",
        "stopped the clock",
        "closed the pool",
        "flushed the metrics",
    ]);
}

/// Starts `service` with these limits and this load, which takes it to them, and stops it.
fn stop_loaded(needs: &str, limits: &[&str], load: &str, proof: &str) {
    in_docker(|| {
        if !needs.is_empty() {
            supports(needs)?;
        }
        let image = Recipe::scratch(Program::new("service")).build()?;
        let run = limits.iter().fold(Run::new().env("LOAD", load), |run, limit| run.flag(limit));
        let ended = run.env("ON_SHUTDOWN_GRACE_PERIOD", "30s").ready(&image).stop_within(30).wait();
        assert_all_ran(&ended);
        ended.assert_said(proof).assert_before(20);
        Ok(())
    });
}

/// Every hook hangs. Frozen for three of its seconds, the process still ends before docker's eight are over: it had
/// 6.6, and would need 9.6 if the pause did not count.
#[test]
fn spec_3_14_time_in_which_the_container_is_paused_counts() {
    in_docker(|| {
        let image = Recipe::scratch(Program::new("hostile")).build()?;
        let run = Run::new().env("HOSTILE", "hang everywhere").env("ON_SHUTDOWN_GRACE_PERIOD", "8s");
        let container = run.ready(&image);
        let ended = thread::scope(|scope| {
            let stop = scope.spawn(|| container.stop_within(8).wait());
            container.wait_for("misbehaving");
            container.call(&["pause"]);
            thread::sleep(Duration::from_secs(3));
            container.call(&["unpause"]);
            stop.join().expect("docker stop")
        });
        ended.assert_code(124).assert_not_before(3);
        Ok(())
    });
}

#[test]
fn spec_3_27_a_twentieth_of_a_processor_shared_with_a_spinning_thread_is_enough() {
    stop_loaded("CPUCfsQuota", &["--cpus=0.05"], "processor", "held back by the limit on processor time");
}

#[test]
fn spec_3_27_without_a_free_descriptor_all_hooks_run() {
    stop_loaded("", &["--ulimit=nofile=32"], "descriptors", "descriptors, and not one more");
}

#[test]
fn spec_3_27_without_free_memory_all_hooks_run() {
    let limits = ["--memory=32m", "--memory-swap=32m"];
    stop_loaded("MemoryLimit", &limits, "memory", "all but 1024 KiB of 32768 KiB filled");
}

/// The control: the limit is real.
#[test]
fn a_program_that_takes_more_memory_than_the_limit_is_killed() {
    in_docker(|| {
        supports("MemoryLimit")?;
        supports("SwapLimit")?;
        let image = Recipe::scratch(Program::new("service")).build()?;
        let run = Run::new().flag("--memory=32m").flag("--memory-swap=32m").env("LOAD", "too much memory");
        run.start(&image).wait().assert_code(137).assert_silent("ready");
        Ok(())
    });
}

/// Three threads are the least with which a program starts: its own, the one that waits for the signal, and the one
/// that watches over the hooks.
#[test]
fn spec_3_27_where_no_thread_can_be_made_sync_hooks_run_one_after_another() {
    in_docker(|| {
        supports("PidsLimit")?;
        let image = Recipe::scratch(Program::new("worker")).build()?;
        let ended = Run::new().flag("--pids-limit=3").ready(&image).stop().wait();
        ended.assert_code(0).assert_before(5).assert_said("; 3 completed in ");
        ended.assert_order(&["ready", "left the queue", "flushed the results"]).assert_said("no thread could be made");
        Ok(())
    });
}

#[test]
fn spec_3_27_where_no_thread_can_be_made_an_async_hook_runs_among_the_others() {
    in_docker(|| {
        supports("PidsLimit")?;
        let image = Recipe::scratch(Program::new("service")).build()?;
        let ended = Run::new().flag("--pids-limit=3").ready(&image).stop().wait();
        assert_all_ran(&ended);
        ended.assert_before(5);
        Ok(())
    });
}

#[test]
fn spec_3_27_where_no_thread_can_be_made_a_hook_that_hangs_is_still_ended_before_sigkill() {
    in_docker(|| {
        supports("PidsLimit")?;
        let image = Recipe::scratch(Program::new("hostile")).build()?;
        let run = Run::new().flag("--pids-limit=3").env("HOSTILE", "hang").env("ON_SHUTDOWN_GRACE_PERIOD", "4s");
        run.ready(&image).stop_within(4).wait().assert_code(124).assert_said("misbehaving");
        Ok(())
    });
}

/// A smaller limit leaves too few threads for us: the program says so, and does not start.
#[test]
fn spec_3_27_a_program_that_cannot_have_the_threads_it_needs_does_not_start() {
    in_docker(|| {
        supports("PidsLimit")?;
        let image = Recipe::scratch(Program::new("worker")).build()?;
        for (limit, refused) in [(1, "the thread that waits for signals"), (2, "the supervisor thread of the hooks")] {
            let ended = Run::new().flag(&format!("--pids-limit={limit}")).start(&image).wait();
            ended.assert_code(71).assert_silent("ready").assert_said(&format!("refused {refused}"));
        }
        Ok(())
    });
}
