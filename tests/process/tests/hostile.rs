//! The worst day: whatever one hook or the program does, the others run, the end comes in time, the culprit is named.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use process::{Ended, Program, Running, Signal};

/// The program's grace period. It has ended long before its parent would kill it.
const GRACE: Duration = Duration::from_secs(10);

struct Hostile {
    program: Program,
    trace: PathBuf,
}

struct Told {
    ended: Ended,
    trace: Vec<String>,
}

impl Hostile {
    fn new(main: &str) -> Self {
        Self::of(main, Program::new(env!("CARGO_BIN_EXE_hostile")))
    }

    fn of(main: &str, program: Program) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let trace = std::env::temp_dir().join(format!("on-shutdown-hostile-{}-{number}", std::process::id()));
        let program = program.env("MAIN", main).env("TRACE", &trace.display().to_string());
        Self { program, trace }
    }

    fn hook(mut self, spec: &str) -> Self {
        self.program = self.program.arg(spec);
        self
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.program = self.program.env(name, value);
        self
    }

    fn start(self) -> (Running, PathBuf) {
        (self.program.start(), self.trace)
    }

    /// Starts it, and stops it by SIGTERM.
    fn stop(self) -> Told {
        let (mut running, trace) = self.start();
        running.signal(Signal::SIGTERM);
        Told::of(running, trace)
    }
}

impl Told {
    fn of(running: Running, path: PathBuf) -> Self {
        let ended = running.wait();
        let trace = std::fs::read_to_string(&path).unwrap_or_default();
        let _ = std::fs::remove_file(path);
        Self { ended, trace: trace.lines().map(str::to_owned).collect() }
    }

    fn place(&self, line: &str) -> Option<usize> {
        self.trace.iter().position(|told| told == line)
    }

    /// Fails unless the hook ran to its end.
    #[track_caller]
    fn assert_ran(&self, hook: &str) -> &Self {
        assert!(
            self.place(&format!("{hook} ended")).is_some(),
            "{hook} has not ended\n{:#?}\n{}",
            self.trace,
            self.ended
        );
        self
    }

    #[track_caller]
    fn assert_order(&self, lines: &[&str]) -> &Self {
        let places: Vec<Option<usize>> = lines.iter().map(|line| self.place(line)).collect();
        assert!(places.iter().all(Option::is_some), "{lines:?}\n{:#?}\n{}", self.trace, self.ended);
        assert!(places.is_sorted(), "{lines:?}\n{:#?}\n{}", self.trace, self.ended);
        self
    }

    #[track_caller]
    fn assert_ended(&self, code: i32) -> &Self {
        self.ended.assert_code(code).assert_before(GRACE);
        self
    }
}

/// One bad hook beside healthy ones: in its group, after its group, in `flush`.
#[track_caller]
fn one_bad_hook(behavior: &str, code: i32, said: &str) {
    for count in ["1", "4", "64"] {
        let told = Hostile::new("parks")
            .hook("stop:0:500:ok:3")
            .hook(&format!("stop:0:500:{behavior}:{count}"))
            .hook("stop:0:500:nap:3")
            .hook("stop:0:500:async-nap:3")
            .hook("close:0:500:async-ok")
            .hook("flush:0:500:ok")
            .stop();
        told.assert_ended(code);
        for healthy in ["ok-0", "ok-1", "ok-2", "nap-0", "nap-1", "nap-2", "async-nap-0", "async-nap-2", "async-ok-0"] {
            told.assert_ran(healthy);
        }
        assert_eq!(told.trace.iter().filter(|line| *line == "ok-0 ended").count(), 2, "{:#?}", told.trace);
        told.ended.assert_err(said).assert_err(&format!("{behavior}-0")).assert_err("hostile.rs:");
    }
}

#[test]
fn spec_3_15_a_hook_that_fails() {
    one_bad_hook("fails", 70, "failed: it cannot be done");
}

#[test]
fn spec_3_15_a_hook_that_panics() {
    one_bad_hook("panics", 70, "panicked: sync panic");
    one_bad_hook("async-panics", 70, "panicked: async panic");
    one_bad_hook("panics-payload", 70, "panicked: a value that is not text");
    one_bad_hook("panics-poison", 70, "panicked: a value that is not text");
}

#[test]
fn spec_3_15_a_hook_that_sleeps_for_ever() {
    one_bad_hook("sleeps", 124, "timed out, abandoned with its thread");
}

#[test]
fn spec_3_15_a_hook_that_blocks_its_thread_inside_async() {
    one_bad_hook("async-sleeps", 124, "timed out, abandoned with its thread");
    one_bad_hook("async-blocks-later", 124, "timed out, abandoned with its thread");
}

#[test]
fn spec_3_15_a_hook_that_spins() {
    one_bad_hook("spins", 124, "timed out, abandoned with its thread");
    one_bad_hook("async-spins", 124, "timed out, abandoned with its thread");
}

#[test]
fn spec_3_15_an_async_hook_is_cancelled_by_dropping_its_future() {
    one_bad_hook("async-awaits", 124, "timed out, cancelled");
    let told = Hostile::new("parks").hook("stop:0:300:async-awaits").hook("close:0:500:ok").stop();
    told.assert_ended(124).assert_order(&["async-awaits-0 began", "async-awaits-0 dropped", "ok-0 began"]);
}

#[test]
fn spec_3_15_a_hook_whose_drop_is_hostile() {
    one_bad_hook("async-drop-panics", 124, "timed out, cancelled");
    one_bad_hook("async-drop-hangs", 124, "timed out, abandoned with its thread");
}

#[test]
fn spec_3_15_a_hook_that_calls_block_on() {
    one_bad_hook("async-block-on", 70, "panicked: Cannot start a runtime from within a runtime");
    let told = Hostile::new("parks").hook("stop:0:2000:block-on:4").hook("close:0:500:ok").stop();
    told.assert_ended(0).assert_ran("block-on-3").assert_ran("ok-0");
}

#[test]
fn spec_3_15_a_hook_that_exhausts_the_blocking_pool_or_leaves_tasks_that_block() {
    for behavior in ["async-pool", "async-tasks"] {
        let told = Hostile::new("multi-thread")
            .hook(&format!("stop:1:900:{behavior}"))
            .hook("stop:0:500:async-nap:3")
            .hook("close:0:500:async-ok")
            .stop();
        told.assert_ran("async-nap-2").assert_ran("async-ok-0").ended.assert_before(GRACE);
    }
}

#[test]
fn spec_3_15_a_hook_that_waits_for_a_lock_of_main() {
    let told =
        Hostile::new("holds-lock").hook("stop:0:500:locks:2").hook("stop:0:500:ok").hook("close:0:500:ok").stop();
    told.assert_ended(124).assert_ran("ok-0").ended.assert_err("locks-1 (").assert_err("timed out");
}

/// Healthy hooks of all kinds, while the program itself is wedged.
#[track_caller]
fn wedged(main: &str) -> Told {
    let told = Hostile::new(main)
        .hook("announce:0:500:async-nap")
        .hook("stop:1:500:nap:4")
        .hook("stop:0:500:async-ok:4")
        .hook("flush:0:500:ok")
        .stop();
    told.assert_ended(0).assert_order(&["async-nap-0 ended", "nap-0 began", "async-ok-0 began", "ok-0 ended"]);
    told.assert_ran("nap-3").assert_ran("async-ok-3");
    told
}

#[test]
fn spec_3_16_whatever_main_does_the_hooks_run() {
    for main in ["parks", "spins", "multi-thread", "current-thread"] {
        wedged(main).ended.assert_err("report: SIGTERM");
    }
}

#[test]
fn spec_3_16_a_wedged_runtime_does_not_matter() {
    for main in ["multi-thread-blocked", "current-thread-spins"] {
        wedged(main).ended.assert_err("report: SIGTERM");
    }
}

#[test]
fn spec_3_14_main_that_holds_stdout_or_stderr_does_not_keep_the_process() {
    for main in ["holds-stdout", "holds-stderr"] {
        wedged(main).ended.assert_err("report: SIGTERM");
    }
    let told = Hostile::new("holds-stdout").hook("stop:0:300:stdout").hook("flush:0:300:ok").stop();
    told.assert_ended(124).assert_ran("ok-0").ended.assert_err("stdout-0");
}

#[test]
fn spec_3_14_closed_descriptors_do_not_matter() {
    wedged("closed");
}

#[test]
fn spec_3_27_without_a_free_descriptor_the_hooks_run() {
    wedged("no-descriptors").ended.assert_err("report: SIGTERM");
}

#[test]
fn spec_3_27_without_a_further_thread_the_hooks_run_one_after_another() {
    // The limit counts for others than root only.
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(env!("CARGO_BIN_EXE_hostile"));
    let mut hostile = Hostile::of("no-threads", Program::of(command));
    hostile = hostile
        .hook("announce:0:500:async-nap:3")
        .hook("stop:0:500:nap:2")
        .hook("stop:0:500:ok")
        .hook("flush:0:500:async-ok");
    let told = hostile.stop();
    told.assert_ended(0).assert_ran("async-nap-2").assert_ran("nap-1").assert_ran("ok-0").assert_ran("async-ok-0");
}

#[test]
fn spec_3_19_main_panics_during_the_shutdown() {
    let told = Hostile::new("panics-later").hook("stop:0:500:nap").hook("close:0:500:ok").stop();
    // The thread ends by its panic, and so would the process: a main of its own must wait for the end itself.
    assert!(told.ended.code == Some(101) || told.ended.code == Some(0), "{}", told.ended);
}

#[test]
fn spec_3_14_a_pipe_that_nobody_reads_does_not_keep_the_process() {
    // `yes` fills the pipe that is also our stderr, and nobody reads it.
    let script =
        format!("{{ (yes >&2 &) ; sleep 0.2; exec {} \"$@\"; }} 2> >(exec sleep 600)", env!("CARGO_BIN_EXE_hostile"));
    let mut command = Command::new("bash");
    command.args(["-c", &script, "hostile"]);
    let told = Hostile::of("parks", Program::of(command))
        .hook("stop:0:300:sleeps:4")
        .hook("stop:0:500:nap:3")
        .hook("flush:0:500:ok")
        .stop();
    told.assert_ended(124).assert_ran("nap-2").assert_ran("ok-0");
}

#[test]
fn spec_3_14_everything_at_once_ends_before_the_deadline() {
    let bad = [
        "sleeps:4",
        "spins:1",
        "async-sleeps:4",
        "async-awaits:4",
        "async-drop-hangs:4",
        "panics:4",
        "async-panics:4",
        "panics-poison:2",
        "fails:4",
        "async-block-on:2",
        "async-pool:1",
        "locks:2",
    ];
    let mut hostile = Hostile::new("holds-lock").env("ON_SHUTDOWN_GRACE_PERIOD", "6s");
    for (priority, behavior) in bad.iter().enumerate() {
        hostile = hostile.hook(&format!("stop:{priority}:60000:{behavior}"));
    }
    let told = hostile.hook("stop:-1:100:ok").hook("flush:0:60000:sleeps").hook("flush:-1:500:async-ok").stop();
    told.ended.assert_code(124).assert_before(Duration::from_secs(6));
    told.assert_ran("ok-0").assert_ran("async-ok-0");
}

#[test]
fn spec_3_14_a_stopped_process_is_counted_by_the_wall_clock() {
    let hostile = Hostile::new("parks").env("ON_SHUTDOWN_GRACE_PERIOD", "3s");
    let (mut running, trace) = hostile.hook("stop:0:60000:sleeps").hook("flush:0:500:ok").start();
    running.signal(Signal::SIGTERM);
    running.err_line("2 hooks to run within 2.4 s");
    running.signal(Signal::SIGSTOP);
    std::thread::sleep(Duration::from_secs(4));
    running.signal(Signal::SIGCONT);
    // The deadline is past: it ends without delay, and not 2.4 s later.
    let told = Told::of(running, trace);
    told.ended.assert_code(124).assert_before(Duration::from_millis(5500));
}
