//! Measures the table of docs/worst-day.md again, asserts our column, and compares the others.

use std::sync::{Condvar, LazyLock, Mutex};
use std::thread;

use peers::cause::{CAUSES, Cause, Stop};
use peers::hook::Behavior;
use peers::judge::{Cell, Contender, End, Named, Seen, judge};
use peers::table::{Answers, Page, Varies, render, render_cell};

const OURS: &str = env!("CARGO_BIN_EXE_on_shutdown");
const GRACEFUL: &str = env!("CARGO_BIN_EXE_tokio_graceful_shutdown");
const SIGNAL_MOD: &str = env!("CARGO_BIN_EXE_signal_mod");
const SELECT: &str = env!("CARGO_BIN_EXE_tokio_select");

const CONTENDERS: [Contender; 6] = [
    Contender { title: "on-shutdown", path: OURS, shape: None, clean: &[0] },
    Contender { title: "tokio-graceful-shutdown", path: GRACEFUL, shape: None, clean: &[0] },
    Contender { title: "the same and a watchdog", path: GRACEFUL, shape: Some("watchdog"), clean: &[0] },
    Contender { title: "signal-mod", path: SIGNAL_MOD, shape: None, clean: &[143, 130] },
    Contender { title: "the same on threads of its own", path: SIGNAL_MOD, shape: Some("thread"), clean: &[143, 130] },
    Contender { title: "tokio `select!` by hand", path: SELECT, shape: None, clean: &[0] },
];

const VARIES: [Varies; 3] = [
    Varies { contender: "tokio-graceful-shutdown", cause: is_cancelled, answers: Answers::Named("name, **no**") },
    Varies { contender: "the same and a watchdog", cause: is_cancelled, answers: Answers::Named("name, **no**") },
    // Both signals are one where they come before the runtime has looked for the first.
    Varies {
        contender: "signal-mod",
        cause: |cause| matches!(cause.stop, Stop::TerminateTwice(_)),
        answers: Answers::All("**0/10** · in time · signal 15 · –, 10/10 · in time · 143 · –"),
    },
];

/// The log reports a subsystem that awaits, if that is faster than the end of its runtime.
fn is_cancelled(cause: &Cause) -> bool {
    matches!(cause.bad, Some(Behavior::Awaits | Behavior::Sleeps))
}

/// How many quiet programs run at once. One that spins counts as many.
const ROOM: usize = 8;
const SPINNER: usize = 4;

/// `[cause][contender]`, measured once for all tests of this file.
static SEEN: LazyLock<Vec<Vec<Seen>>> = LazyLock::new(|| {
    let room = Room { free: Mutex::new(ROOM), changed: Condvar::new() };
    thread::scope(|scope| {
        let room = &room;
        let row = |cause: &'static Cause| {
            let cells = CONTENDERS.iter().map(move |contender| {
                scope.spawn(move || room.with(weight(contender, cause), || judge(contender, cause)))
            });
            cells.collect::<Vec<_>>()
        };
        let rows: Vec<_> = CAUSES.iter().map(row).collect();
        rows.into_iter().map(|row| row.into_iter().map(|cell| cell.join().expect("judged")).collect()).collect()
    })
});

/// What is asserted, and depends on what comes first, a signal or a timeout, has the machine for itself.
fn weight(contender: &Contender, cause: &Cause) -> usize {
    match (cause.bad, cause.stop) {
        (Some(Behavior::Spins), _) => SPINNER,
        (_, Stop::InterruptThrice(..)) if contender.path == OURS => ROOM,
        _ => 1,
    }
}

struct Room {
    free: Mutex<usize>,
    changed: Condvar,
}

impl Room {
    fn with<T>(&self, weight: usize, work: impl FnOnce() -> T) -> T {
        let free = self.free.lock().expect("no panic inside");
        *self.changed.wait_while(free, |free| *free < weight).expect("no panic inside") -= weight;
        let result = work();
        *self.free.lock().expect("no panic inside") += weight;
        self.changed.notify_all();
        result
    }
}

/// The rows of on-shutdown.
fn ours() -> impl Iterator<Item = (&'static Cause, &'static Seen)> {
    CAUSES.iter().zip(SEEN.iter().map(|row| &row[0]))
}

/// Returns whether the user asked for the immediate end, three times.
fn is_forced(cause: &Cause) -> bool {
    matches!(cause.stop, Stop::InterruptThrice(_, last) if last.as_secs() == 0)
}

#[test]
fn spec_3_15_and_3_16_and_3_27_the_other_hooks_ran() {
    for (cause, seen) in ours() {
        let (ran, of) = seen.cell.ran;
        if is_forced(cause) {
            assert_eq!((ran, of), (5, 9), "{}: those before the one that hangs\n{seen}", cause.title);
        } else {
            assert_eq!(ran, of, "{}\n{seen}", cause.title);
        }
    }
}

#[test]
fn spec_3_14_and_3_25_the_process_ended_in_time_with_the_code_that_tells() {
    for (cause, seen) in ours() {
        let code = match (cause.bad, cause.stop) {
            _ if is_forced(cause) => 130,
            (None, _) => 0,
            (Some(Behavior::Fails | Behavior::Panics | Behavior::PanicsOddly), _) => 70,
            (Some(_), _) => 124,
        };
        assert_eq!(seen.cell.end, End::Exit(code), "{}\n{seen}", cause.title);
    }
}

#[test]
fn spec_3_23_the_culprit_is_named_with_file_and_line() {
    for (cause, seen) in ours() {
        let named = if cause.has_culprit() { Named::WithPlace } else { Named::NoCulprit };
        assert_eq!(seen.cell.named, named, "{}\n{seen}", cause.title);
    }
}

/// With `UPDATE_DOCS` the page takes over what was seen.
fn is_updated() -> bool {
    std::env::var_os("UPDATE_DOCS").is_some()
}

#[test]
fn the_page_shows_what_was_seen_of_us() {
    let page = Page::read();
    for (cause, seen) in ours().filter(|_| !is_updated()) {
        let rendered = render_cell(&CONTENDERS[0], cause, &seen.cell, &VARIES);
        assert_eq!(page.cell(cause, 0), Some(&*rendered), "{}: run `UPDATE_DOCS=1 cargo test -p peers`", cause.title);
    }
}

/// Fails only with `CHECK_PEERS`, because we promise nothing about other crates. Otherwise it prints a difference.
#[test]
fn the_page_shows_what_was_seen_of_all() {
    let page = Page::read();
    let is_checked = std::env::var_os("CHECK_PEERS").is_some();
    let cell = |row, column| if is_checked { checked(&page, row, column) } else { SEEN[row][column].cell };
    let row = |row| (0..CONTENDERS.len()).map(|column| cell(row, column)).collect();
    let cells: Vec<Vec<Cell>> = (0..CAUSES.len()).map(row).collect();
    let table = render(&CONTENDERS, &CAUSES, &cells, &VARIES);
    println!("{table}");
    if is_updated() {
        return page.update(&table);
    }
    let difference = page.difference(&table);
    difference.iter().for_each(|difference| println!("{difference}"));
    assert!(difference.is_none() || !is_checked, "if that is right, run `UPDATE_DOCS=1 cargo test -p peers`");
}

/// A peer's cell that is not what is written is measured again, alone: on a busy machine a good hook may overrun its
/// second, which is no reason to write down that a peer loses hooks. Our own cells get no second chance.
fn checked(page: &Page, row: usize, column: usize) -> Cell {
    let (contender, cause) = (&CONTENDERS[column], &CAUSES[row]);
    let is_written = |cell: &Cell| {
        let rendered = render_cell(contender, cause, cell, &VARIES);
        page.cell(cause, column) == Some(&*rendered)
    };
    let chances = if column == 0 { 0 } else { 2 };
    let again = std::iter::repeat_with(|| {
        println!("once more: {}, {}", contender.title, cause.title);
        judge(contender, cause).cell
    });
    let first = SEEN[row][column].cell;
    std::iter::once(first).chain(again.take(chances)).find(is_written).unwrap_or(first)
}
