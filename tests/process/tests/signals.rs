//! Tests which signals start a shutdown, what a repeated signal does, and what the program's children inherit.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::kill;
use nix::unistd::Pid;
use process::{Program, Running, Signal};

fn idle() -> Running {
    Program::new(env!("CARGO_BIN_EXE_idle")).start()
}

#[test]
fn spec_3_18_sigterm_and_sigint_run_the_hooks() {
    for (signal, name) in [(Signal::SIGTERM, "SIGTERM"), (Signal::SIGINT, "SIGINT")] {
        let mut program = idle();
        program.signal(signal);
        program.wait().assert_code(0).assert_order(&["ready", "hook"]).assert_err(&format!("report: {name} from pid"));
    }
}

#[test]
fn spec_3_24_the_report_names_the_process_the_time_and_the_sender_of_the_signal() {
    let mut program = idle();
    let pid = program.pid();
    program.signal(Signal::SIGTERM);
    let ended = program.wait();
    let read = |path: &str| std::fs::read_to_string(path).expect("Linux").trim_end().to_owned();
    // Its user is that of the test.
    let uid = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").expect("Linux"));
    let sender = format!("SIGTERM from pid {}, uid {uid} ({});", std::process::id(), read("/proc/self/comm"));
    ended
        .assert_code(0)
        .assert_err(&format!("on-shutdown: {sender}"))
        .assert_err(&format!("shutdown report: {sender}"));
    // Found in the line by its beginning: the times differ.
    let process = format!("  idle 0.0.0, pid {pid} on {}; from 20", read("/proc/sys/kernel/hostname"));
    let last = ended.err.last().expect("there is a report");
    assert!(last.starts_with(&process) && last.ends_with('Z') && last.contains("Z to 20"), "{process}\n{ended}");
}

#[test]
fn spec_3_18_a_signal_outside_the_set_does_what_it_always_did() {
    for signal in [Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGUSR1, Signal::SIGALRM] {
        let mut program = idle();
        program.signal(signal);
        let ended = program.wait();
        assert_eq!(ended.signal, Some(signal as i32), "{ended}");
    }
}

/// Ignores the signals in a shell, which then becomes the program.
fn ignoring(signals: &str, path: &str) -> Program {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("trap '' {signals}; exec \"$0\" \"$@\""), path]);
    Program::of(command)
}

#[test]
fn spec_3_18_a_signal_that_was_ignored_at_the_start_stays_ignored() {
    let mut program = ignoring("INT", env!("CARGO_BIN_EXE_idle")).start();
    program.signal(Signal::SIGINT);
    program.signal(Signal::SIGTERM);
    let ended = program.wait();
    ended.assert_code(0).assert_err("report: SIGTERM from pid").assert_err("1 hook, on SIGTERM; grace period");

    let mut program = ignoring("INT", env!("CARGO_BIN_EXE_signals")).arg("override").start();
    program.signal(Signal::SIGINT);
    program.wait().assert_code(0).assert_err("report: SIGINT from pid");
}

/// A shell without job control ignores SIGINT and SIGQUIT for a job with `&`. Such a job is not for Ctrl-C.
#[test]
fn spec_3_18_a_background_job_of_a_script_has_no_warning_and_stops_on_sigterm() {
    let mut command = Command::new("sh");
    command.args(["-c", "\"$0\" & echo \"pid $!\"; wait $!", env!("CARGO_BIN_EXE_idle")]);
    let program = Program::of(command).start();
    program.err_line("1 hook, on SIGTERM; grace period");
    let line = program.out_line("pid ");
    let pid = line.strip_prefix("pid ").and_then(|pid| pid.parse().ok()).map(Pid::from_raw).expect("a pid");
    kill(pid, Signal::SIGINT).expect("the job still lives");
    kill(pid, Signal::SIGTERM).expect("the job still lives");
    let ended = program.wait();
    ended.assert_code(0).assert_out("hook").assert_err("report: SIGTERM from pid").assert_no_err("ignored");
}

/// A person who writes `nohup` wants the program to survive the terminal.
#[test]
fn spec_3_18_a_program_under_nohup_has_no_warning() {
    let mut command = Command::new("nohup");
    command.args([env!("CARGO_BIN_EXE_signals"), "others"]);
    let mut program = Program::of(command).start();
    program.err_line(", on SIGTERM, SIGQUIT, signal 37; grace period");
    program.signal(Signal::SIGHUP);
    program.signal(Signal::SIGTERM);
    program.wait().assert_code(0).assert_err("report: SIGTERM from pid").assert_no_err("was ignored");
}

#[test]
fn spec_3_18_a_program_whose_sigterm_or_whole_set_is_ignored_has_a_warning() {
    let why = "(by the process that started it) and stays ignored; write `handle_ignored_signals = true` to handle it";
    let mut program = ignoring("TERM", env!("CARGO_BIN_EXE_idle")).start();
    program.err_line(&format!("SIGTERM was ignored when the program started {why}"));
    program.signal(Signal::SIGTERM);
    program.signal(Signal::SIGINT);
    program.wait().assert_code(0).assert_err("report: SIGINT from pid");

    let program = ignoring("TERM INT", env!("CARGO_BIN_EXE_idle")).start();
    program.err_line("1 hook, on no signal; grace period");
    program.err_line(&format!("SIGTERM, SIGINT was ignored when the program started {why}"));
}

#[test]
fn spec_3_22_the_plan_and_the_check_show_an_ignored_sigint_which_is_no_warning() {
    let fact = "info: SIGINT was ignored when the program started (nohup, or a background job) and stays ignored";
    for mode in ["plan", "check"] {
        let program = ignoring("INT", env!("CARGO_BIN_EXE_idle")).env("ON_SHUTDOWN", mode);
        program.run().assert_code(0).assert_out(fact).assert_no_err("warning");
    }
    let ended = ignoring("TERM", env!("CARGO_BIN_EXE_idle")).env("ON_SHUTDOWN", "check").run();
    ended.assert_code(78).assert_out("note: SIGTERM was ignored").assert_err("found 1 warning");
}

#[test]
fn spec_3_18_signals_that_were_blocked_at_the_start_are_handled_all_the_same() {
    let mut program = Program::new(env!("CARGO_BIN_EXE_signals")).arg("blocked").start();
    program.signal(Signal::SIGTERM);
    program.wait().assert_code(0).assert_err("report: SIGTERM from pid");
}

#[test]
fn spec_3_18_the_set_is_a_setting() {
    for (signal, name) in [(Signal::SIGQUIT, "SIGQUIT"), (Signal::SIGHUP, "SIGHUP")] {
        let mut program = Program::new(env!("CARGO_BIN_EXE_signals")).arg("others").start();
        program.signal(signal);
        program.wait().assert_code(0).assert_err(&format!("report: {name} from pid"));
    }
    // SIGRTMIN+3, as systemd stops a container.
    let program = Program::new(env!("CARGO_BIN_EXE_signals")).arg("others").start();
    let sent = Command::new("kill").args(["-37", &program.pid().to_string()]).status().expect("kill is there");
    assert!(sent.success());
    program.wait().assert_code(0).assert_err("report: signal 37 from pid");
}

#[test]
fn spec_3_19_two_sigterms_a_millisecond_apart_are_one_request() {
    for _ in 0..20 {
        let mut program = Program::new(env!("CARGO_BIN_EXE_signals")).arg("slow").start();
        program.signal(Signal::SIGTERM);
        std::thread::sleep(Duration::from_millis(1));
        program.signal(Signal::SIGTERM);
        let ended = program.wait();
        ended.assert_code(0).assert_no_err("already in progress").assert_no_err("again");
        assert_eq!(ended.out.iter().filter(|line| *line == "slow hook").count(), 1, "{ended}");
    }
}

#[test]
fn spec_3_19_term_and_hup_together_run_the_hooks_once() {
    let mut program = Program::new(env!("CARGO_BIN_EXE_signals")).arg("others").start();
    program.signal(Signal::SIGHUP);
    program.signal(Signal::SIGTERM);
    let ended = program.wait();
    ended.assert_code(0).assert_err("report: SIG");
    assert_eq!(ended.out.iter().filter(|line| *line == "slow hook").count(), 1, "{ended}");
}

#[test]
fn spec_3_19_a_signal_during_each_phase_changes_nothing() {
    for phase in ["deregister", "drain", "stop", "close", "flush"] {
        for (first, second) in [(Signal::SIGTERM, Signal::SIGINT), (Signal::SIGINT, Signal::SIGTERM)] {
            let mut program = Program::new(env!("CARGO_BIN_EXE_signals")).arg("phases").start();
            program.signal(first);
            program.out_line(&format!("{phase} began"));
            program.signal(second);
            let ended = program.wait();
            ended.assert_code(0).assert_err(&format!("report: {first} from pid"));
            for phase in ["deregister", "drain", "stop", "close", "flush"] {
                let ends = ended.out.iter().filter(|line| **line == format!("{phase} ended")).count();
                assert_eq!(ends, 1, "{ended}");
            }
        }
    }
}

#[test]
fn spec_3_19_the_second_sigint_is_fast_and_the_third_ends_at_once() {
    let mut program = Program::new(env!("CARGO_BIN_EXE_signals")).arg("endless").start();
    program.signal(Signal::SIGINT);
    program.out_line("endless hook");
    std::thread::sleep(Duration::from_millis(1100));
    program.signal(Signal::SIGINT);
    program.err_line("SIGINT again: fast shutdown");
    program.out_line("fast shutdown");
    program.signal(Signal::SIGINT);
    let ended = program.wait();
    ended.assert_code(130).assert_err("cut short by a repeated SIGINT").assert_before(Duration::from_secs(8));
}

#[test]
fn spec_3_19_a_later_sigint_after_sigterm_asks_for_a_fast_shutdown() {
    let mut program = Program::new(env!("CARGO_BIN_EXE_signals")).arg("endless").start();
    program.signal(Signal::SIGTERM);
    program.out_line("endless hook");
    std::thread::sleep(Duration::from_millis(1100));
    program.signal(Signal::SIGTERM);
    program.err_line("SIGTERM from pid");
    program.err_line("ignored, a shutdown is already in progress");
    program.signal(Signal::SIGINT);
    program.err_line("SIGINT again: fast shutdown");
    // The endless hook is cancelled after one second instead of twenty.
    program.wait().assert_code(124).assert_before(Duration::from_secs(15));
}

#[test]
fn spec_3_19_a_storm_of_ten_thousand_signals_changes_nothing() {
    let mut program = Program::new(env!("CARGO_BIN_EXE_signals")).arg("slow").start();
    program.signal(Signal::SIGTERM);
    for _ in 0..10_000 {
        // The process may have ended before the last signals.
        let _ = kill(program.pid(), Signal::SIGTERM);
    }
    let ended = program.wait();
    ended.assert_code(0).assert_err("report: SIGTERM from pid");
    assert_eq!(ended.out.iter().filter(|line| *line == "slow hook").count(), 1, "{ended}");
}

#[test]
fn spec_3_9_a_request_after_a_signal_is_recorded() {
    let mut program = Program::new(env!("CARGO_BIN_EXE_signals")).arg("asks").start();
    program.signal(Signal::SIGTERM);
    program.wait().assert_code(0).assert_err("report: SIGTERM from pid").assert_err("request: from a hook: ignored");
}

#[test]
fn spec_3_20_children_inherit_no_mask_and_no_handler() {
    let mut program = Program::new(env!("CARGO_BIN_EXE_signals")).arg("children").start();
    program.signal(Signal::SIGTERM);
    let ended = program.wait();
    ended.assert_code(0);
    // Compares with a child of a program without on-shutdown: the machine may make every process ignore some signals.
    let status = Command::new("cat").arg("/proc/self/status").output().expect("a child").stdout;
    let usual = process::masks(&String::from_utf8_lossy(&status));
    assert!(usual.starts_with("SigBlk: 0000000000000000 SigIgn: "), "{usual}");
    // Children started before and during the shutdown, by std and by tokio, from main and from a hook.
    for child in ["main std", "main tokio", "hook std", "hook tokio"] {
        let line = ended.out.iter().find(|line| line.starts_with(child)).unwrap_or_else(|| panic!("{child}\n{ended}"));
        assert_eq!(line.strip_prefix(child).map(str::trim), Some(&*usual), "{ended}");
    }
    ended.assert_out("main reaped its child: exit status: 3");
}

/// A program that is stopped in its first moments either dies by the signal, before main, or runs its hooks.
#[test]
fn spec_3_18_no_signal_is_lost_in_the_first_moments() {
    let runs: u32 = std::env::var("EARLY_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(400);
    let (mut died, mut ran) = (0, 0);
    for run in 0..runs {
        let mut child = Command::new(env!("CARGO_BIN_EXE_early"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let pause = Duration::from_micros(u64::from(run * 7919 % 3000));
        let until = Instant::now() + pause;
        while Instant::now() < until {
            std::hint::spin_loop();
        }
        let pid = Pid::from_raw(child.id().try_into().expect("a pid fits"));
        kill(pid, Signal::SIGTERM).expect("it cannot have ended by itself");
        let limit = Instant::now() + Duration::from_secs(20);
        while child.try_wait().expect("it is ours").is_none() {
            if Instant::now() > limit {
                let _ = child.kill();
                panic!("run {run}: a signal after {pause:?} was lost");
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        let output = child.wait_with_output().expect("it is ours");
        match (output.status.signal(), output.status.code()) {
            (Some(15), None) => died += 1,
            (None, Some(0)) => {
                assert_eq!(output.stdout, b"hook\n", "run {run} after {pause:?}");
                ran += 1;
            }
            other => panic!("run {run}: {other:?} after {pause:?}"),
        }
    }
    println!("{died} died before main, {ran} ran their hooks");
    assert!(died > 0 && ran > 0, "the moments must lie on both sides: {died} died, {ran} ran");
}

/// Sends SIGTERM at exactly one point of the start, on every machine: the test acts as a debugger.
#[cfg(target_os = "linux")]
mod start {
    use std::process::{Child, Command, Output, Stdio};
    use std::time::{Duration, Instant};

    use nix::sys::ptrace::{self, Options};
    use nix::sys::signal::kill;
    use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
    use nix::unistd::Pid;
    use process::Signal;

    /// Main waits for ever when it has slept this long.
    const ASLEEP: Duration = Duration::from_millis(500);

    /// A program whose main thread stops at each system call.
    struct Traced {
        child: Child,
        pid: Pid,
    }

    impl Drop for Traced {
        fn drop(&mut self) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    impl Traced {
        /// Starts `early`. Its main thread stands before its first instruction.
        fn start() -> nix::Result<Self> {
            // The shell waits until it is traced. The end of its input is the end of the line.
            let mut shell = Command::new("sh");
            shell.args(["-c", "read line; exec \"$1\"", "sh", env!("CARGO_BIN_EXE_early")]);
            shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
            let child = shell.spawn().expect("it starts");
            let pid = Pid::from_raw(child.id().try_into().expect("a pid fits"));
            let mut traced = Self { child, pid };
            ptrace::seize(pid, Options::PTRACE_O_TRACEEXEC | Options::PTRACE_O_TRACESYSGOOD)?;
            drop(traced.child.stdin.take());
            loop {
                match waitpid(pid, None)? {
                    WaitStatus::PtraceEvent(..) if traced.runs_early() => break,
                    // The shell may have been traced before it was the shell.
                    WaitStatus::PtraceEvent(..) => ptrace::cont(pid, None)?,
                    WaitStatus::Stopped(_, signal) => ptrace::cont(pid, signal)?,
                    other => panic!("the shell does not start the program: {other:?}"),
                }
            }
            // To the return of `exec`.
            assert!(traced.runs_to_next_stop()?, "`exec` returns");
            Ok(traced)
        }

        fn runs_early(&self) -> bool {
            let program = std::fs::read_link(format!("/proc/{}/exe", self.pid));
            program.is_ok_and(|program| program == std::path::Path::new(env!("CARGO_BIN_EXE_early")))
        }

        /// Lets main run until a system call begins or returns. Returns false if it waits for ever.
        fn runs_to_next_stop(&mut self) -> nix::Result<bool> {
            ptrace::syscall(self.pid, None)?;
            let mut asleep = None;
            loop {
                match waitpid(self.pid, Some(WaitPidFlag::WNOHANG))? {
                    WaitStatus::PtraceSyscall(_) => return Ok(true),
                    WaitStatus::StillAlive if self.is_asleep() => {
                        if asleep.get_or_insert_with(Instant::now).elapsed() > ASLEEP {
                            return Ok(false);
                        }
                    }
                    WaitStatus::StillAlive => asleep = None,
                    other => panic!("the program does not wait: {other:?}"),
                }
            }
        }

        fn is_asleep(&self) -> bool {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
            stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('S'))
        }

        /// Sends SIGTERM while main stands still, and lets it run. Returns `None` if the program does not end.
        fn terminate(mut self) -> nix::Result<Option<Output>> {
            kill(self.pid, Signal::SIGTERM)?;
            // Fails if another thread took the signal, and has ended the process already.
            let _ = ptrace::detach(self.pid, None);
            let limit = Instant::now() + Duration::from_secs(20);
            while self.child.try_wait().expect("it is ours").is_none() {
                if Instant::now() > limit {
                    return Ok(None);
                }
                std::thread::sleep(Duration::from_micros(200));
            }
            let (status, mut stdout) = (self.child.wait().expect("it is ours"), Vec::new());
            std::io::Read::read_to_end(&mut self.child.stdout.take().expect("it is piped"), &mut stdout).expect("text");
            Ok(Some(Output { status, stdout, stderr: Vec::new() }))
        }
    }

    /// Sends SIGTERM after this number of system calls. Returns whether main gets so far.
    fn signal_after(calls: usize) -> nix::Result<Option<Option<Output>>> {
        let mut traced = Traced::start()?;
        // A call stops main twice: when it begins, and when it returns.
        for _ in 0..2 * calls {
            if !traced.runs_to_next_stop()? {
                return Ok(None);
            }
        }
        traced.terminate().map(Some)
    }

    #[test]
    fn spec_3_18_no_signal_is_lost_after_any_system_call_of_the_start() {
        use std::os::unix::process::ExitStatusExt;
        let (mut died, mut ran) = (0, 0);
        for calls in 0.. {
            let output = match signal_after(calls) {
                Err(error) if calls == 0 => return println!("skipped: this machine allows no debugger ({error})"),
                other => other.expect("the first time, it was allowed"),
            };
            let Some(output) = output else { break };
            let output = output.unwrap_or_else(|| panic!("the signal after {calls} system calls was lost"));
            match (output.status.signal(), output.status.code()) {
                (Some(15), None) => died += 1,
                (None, Some(0)) => {
                    assert_eq!(output.stdout, b"hook\n", "after {calls} system calls");
                    ran += 1;
                }
                other => panic!("{other:?} after {calls} system calls"),
            }
        }
        println!("{died} died before main, {ran} ran their hooks");
        assert!(died > 0 && ran > 0, "the points must lie on both sides: {died} died, {ran} ran");
    }
}
