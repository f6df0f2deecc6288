//! Stops each program before and after its migration by real signals, and checks what is kept, gained and lost.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use process::{Ended, Program, Running, Signal};

/// A folder for one program of one test, empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn program(path: &str, folder: &Path) -> Program {
    Program::new(path).arg(folder)
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

const WEB: [(&str, &str); 2] =
    [("before", env!("CARGO_BIN_EXE_web_before")), ("after", env!("CARGO_BIN_EXE_web_after"))];
const JOBS: [(&str, &str); 2] =
    [("before", env!("CARGO_BIN_EXE_jobs_before")), ("after", env!("CARGO_BIN_EXE_jobs_after"))];
const PACK: [(&str, &str); 2] =
    [("before", env!("CARGO_BIN_EXE_pack_before")), ("after", env!("CARGO_BIN_EXE_pack_after"))];
const SELECT: [(&str, &str); 2] =
    [("before", env!("CARGO_BIN_EXE_select_before")), ("after", env!("CARGO_BIN_EXE_select_after"))];
const FLAG: [(&str, &str); 2] =
    [("before", env!("CARGO_BIN_EXE_flag_before")), ("after", env!("CARGO_BIN_EXE_flag_after"))];
const CHANNEL: [(&str, &str); 2] =
    [("before", env!("CARGO_BIN_EXE_channel_before")), ("after", env!("CARGO_BIN_EXE_channel_after"))];

/// Sends a request, and answers with the connection that its answer will come on.
fn ask(web: &Running, method: &str, path: &str, body: &str) -> TcpStream {
    let ready = web.out_line("ready ");
    let mut connection = TcpStream::connect(ready.trim_start_matches("ready ")).expect("it listens");
    let length = body.len();
    let head =
        format!("{method} {path} HTTP/1.1\r\nhost: web\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
    connection.write_all(format!("{head}{body}").as_bytes()).expect("it reads");
    connection
}

fn answer(mut connection: TcpStream) -> String {
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("an answer");
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn a_request_in_flight_is_answered_and_the_orders_are_saved() {
    for (which, path) in WEB {
        let folder = folder(&format!("web-{which}"));
        let mut web = program(path, &folder).start();
        assert_eq!(answer(ask(&web, "POST", "/order", "books")), "HTTP/1.1 200 OK");
        let slow = ask(&web, "GET", "/slow", "");
        web.out_line("slow");
        web.signal(Signal::SIGTERM);
        assert_eq!(answer(slow), "HTTP/1.1 200 OK", "{which}");
        web.wait().assert_code(0);
        assert_eq!(read(&folder, "orders.txt"), "books", "{which}");
    }
}

/// The grace period is 3 s: what has not ended by then is killed, as a platform would.
#[test]
fn gained_a_request_without_end_does_not_cost_the_orders() {
    let [before, after] = WEB.map(|(which, path)| {
        let folder = folder(&format!("web-forever-{which}"));
        let mut web = program(path, &folder).env("ON_SHUTDOWN_GRACE_PERIOD", "3s").start();
        assert_eq!(answer(ask(&web, "POST", "/order", "books")), "HTTP/1.1 200 OK");
        let forever = ask(&web, "GET", "/forever", "");
        web.out_line("forever");
        web.signal(Signal::SIGTERM);
        (folder, web, forever)
    });
    thread::sleep(Duration::from_secs(3));
    let (folder, mut web, _forever) = before;
    assert!(web.lives(), "it waits for the request");
    web.signal(Signal::SIGKILL);
    assert_eq!(web.wait().signal, Some(9));
    assert!(!folder.join("orders.txt").exists(), "it had no time left to save");
    let (folder, mut web, _forever) = after;
    assert!(!web.lives(), "the end comes before the grace period's");
    let ended = web.wait();
    ended.assert_code(124).assert_err("cut off  http").assert_err("web_after.rs:");
    assert_eq!(read(&folder, "orders.txt"), "books", "{ended}");
}

#[test]
fn every_job_that_was_fetched_is_stored() {
    for (which, path) in JOBS {
        let folder = folder(&format!("jobs-{which}"));
        let mut jobs = program(path, &folder).spawn();
        jobs.out_line("fetched 6");
        jobs.signal(Signal::SIGTERM);
        let ended = jobs.wait();
        ended.assert_code(0);
        assert_eq!(read(&folder, "jobs.txt").lines().count(), ended.out.len(), "{which}: {ended}");
    }
}

#[test]
fn a_failure_stops_the_worker_and_costs_no_job() {
    for (which, path) in JOBS {
        let folder = folder(&format!("jobs-fails-{which}"));
        let ended = program(path, &folder).arg("fails").run();
        ended.assert_code(1).assert_err("the queue is gone");
        assert_eq!(read(&folder, "jobs.txt"), "1\n2\n3\n4\n", "{which}: {ended}");
    }
}

#[test]
fn ctrl_c_leaves_no_half_of_a_pack() {
    for (which, path) in PACK {
        let folder = folder(&format!("pack-{which}"));
        let mut pack = program(path, &folder).spawn();
        pack.out_line("packed 3");
        pack.signal(Signal::SIGINT);
        pack.wait().assert_code(130);
        assert_eq!(fs::read_dir(&folder).expect("it is there").count(), 0, "{which}");
    }
}

#[test]
fn gained_sigterm_leaves_none_either() {
    for ((which, path), (code, signal, left)) in PACK.into_iter().zip([(None, Some(15), 1), (Some(143), None, 0)]) {
        let folder = folder(&format!("pack-term-{which}"));
        let mut pack = program(path, &folder).spawn();
        pack.out_line("packed 3");
        pack.signal(Signal::SIGTERM);
        let ended = pack.wait();
        assert_eq!((ended.code, ended.signal), (code, signal), "{which}: {ended}");
        assert_eq!(fs::read_dir(&folder).expect("it is there").count(), left, "{which}");
    }
}

#[test]
fn kept_a_tool_that_said_nothing_on_stderr_says_nothing() {
    for (which, path) in PACK {
        let folder = folder(&format!("pack-quiet-{which}"));
        let mut pack = program(path, &folder).spawn();
        pack.out_line("packed 1");
        pack.signal(Signal::SIGINT);
        let ended = pack.wait();
        assert_eq!(ended.err, [""; 0], "{which}: {ended}");
    }
}

/// Checks that the clean-up at the end of `main` was not cut short, and that the hook of the program after the migration
/// ran when it was over.
fn assert_cleaned_up(ended: &Ended, which: &str) {
    ended.assert_code(0);
    let expected: &[&str] = if which == "after" { &["saved", "closed the pool"] } else { &["saved"] };
    let printed: Vec<_> =
        ended.out.iter().filter(|line| ["saved", "closed the pool"].contains(&line.as_str())).collect();
    assert_eq!(printed, expected, "{which}: {ended}");
}

#[test]
fn spec_3_28_kept_the_clean_up_after_a_select_on_the_server_and_the_signal() {
    for (which, path) in SELECT {
        let folder = folder(&format!("select-{which}"));
        let mut web = program(path, &folder).start();
        assert_eq!(answer(ask(&web, "POST", "/order", "books")), "HTTP/1.1 200 OK");
        web.signal(Signal::SIGTERM);
        assert_cleaned_up(&web.wait(), which);
        assert_eq!(read(&folder, "orders.txt"), "books", "{which}");
    }
}

#[test]
fn spec_3_28_kept_the_clean_up_after_a_loop_with_a_flag() {
    for (which, path) in FLAG {
        let folder = folder(&format!("flag-{which}"));
        let mut worker = program(path, &folder).spawn();
        worker.out_line("done 3");
        worker.signal(Signal::SIGTERM);
        let ended = worker.wait();
        assert_cleaned_up(&ended, which);
        let done = ended.out.iter().filter(|line| line.starts_with("done ")).count();
        assert_eq!(read(&folder, "jobs.txt").lines().count(), done, "{which}: {ended}");
    }
}

#[test]
fn spec_3_28_kept_the_clean_up_of_a_sync_main_with_threads_and_a_channel() {
    for (which, path) in CHANNEL {
        let folder = folder(&format!("channel-{which}"));
        let mut collector = program(path, &folder).spawn();
        collector.out_line("collected 3");
        collector.signal(Signal::SIGTERM);
        let ended = collector.wait();
        assert_cleaned_up(&ended, which);
        let collected = ended.out.iter().filter(|line| line.starts_with("collected ")).count();
        assert_eq!(read(&folder, "rows.txt").lines().count(), collected, "{which}: {ended}");
    }
}

fn source(name: &str) -> String {
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bin");
    fs::read_to_string(programs.join(format!("{name}.rs"))).expect("the program")
}

/// The page counts lines: those that are neither empty nor a comment.
#[test]
fn the_page_counts_right() {
    let page = include_str!("../../../docs/migrations.md");
    let count = |name: &str| {
        let text = source(name);
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
    };
    for name in ["web", "jobs", "pack", "select", "flag", "channel"] {
        let (before, after) = (count(&format!("{name}_before")), count(&format!("{name}_after")));
        let row = format!("| `{name}_before` → `{name}_after` | {before} | {after} |");
        assert!(page.contains(&row), "docs/migrations.md should say\n{row}");
    }
}

/// Each diff on the page, applied to the program before the migration, gives the program after it.
#[test]
fn the_page_shows_the_whole_diffs() {
    let page = include_str!("../../../docs/migrations.md");
    for name in ["select", "flag", "channel"] {
        let heading = format!("`{name}_before` → `{name}_after`:\n\n```diff\n");
        let (_, diff) =
            page.split_once(&heading).unwrap_or_else(|| panic!("docs/migrations.md should show\n{heading}"));
        let (diff, _) = diff.split_once("```").expect("the diff ends");
        let applied =
            diff.split("@@\n").filter(|hunk| !hunk.is_empty()).fold(code(&source(&format!("{name}_before"))), apply);
        assert_eq!(applied, code(&source(&format!("{name}_after"))), "the diff of {name} in docs/migrations.md");
    }
}

/// The text without the comment at its head.
fn code(text: &str) -> String {
    text.lines().skip_while(|line| line.starts_with("//!")).map(|line| format!("{line}\n")).collect()
}

/// Replaces the old lines of a hunk by its new lines.
fn apply(text: String, hunk: &str) -> String {
    let side = |other: char| -> String {
        let lines = hunk.lines().filter(|line| !line.starts_with(other));
        lines.map(|line| format!("{}\n", line.get(1..).unwrap_or_default())).collect()
    };
    let (old, new) = (side('+'), side('-'));
    assert_eq!(text.matches(&old).count(), 1, "these lines should be once in the program:\n{old}");
    text.replacen(&old, &new, 1)
}
