//! Records in, acknowledged once they are in memory; lines of a file on a volume out, in the flush hook at the latest.

use std::collections::VecDeque;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{fmt, mem, thread};

use on_shutdown::on_shutdown;

/// How long a record may wait in memory.
const PAUSE: Duration = Duration::from_secs(1);
/// A volume that cannot be written must not fill the memory as well.
const LIMIT: usize = 20_000;

/// Runs last of all phases: nobody can add a record any more.
#[on_shutdown(phase = flush, timeout = "5s")]
fn write_records(records: Records) -> Result<(), NotWritten> {
    records.waiting().closed = true;
    let count = records.write()?;
    println!("wrote the last {count} records");
    Ok(())
}

/// What was acknowledged; all clones are one.
#[derive(Clone)]
pub(crate) struct Records(Arc<Shared>);

struct Shared {
    path: PathBuf,
    waiting: Mutex<Waiting>,
    /// One writer at a time. Not the lock of what waits: a slow disk must not hold up the service.
    turn: Mutex<()>,
}

#[derive(Default)]
struct Waiting {
    records: VecDeque<String>,
    closed: bool,
}

/// Why a record was not acknowledged.
pub(crate) enum Refused {
    NotOneLine,
    TooMany,
    Closed,
}

/// What is still in memory, and why.
#[derive(Debug)]
pub(crate) struct NotWritten {
    count: usize,
    path: PathBuf,
    error: io::Error,
}

impl Records {
    /// A file that records are appended to, every second and at shutdown.
    pub(crate) fn in_file(path: impl Into<PathBuf>) -> Self {
        let (waiting, turn) = (Mutex::default(), Mutex::default());
        let records = Self(Arc::new(Shared { path: path.into(), waiting, turn }));
        let background = records.clone();
        thread::spawn(move || {
            loop {
                thread::sleep(PAUSE);
                if let Err(error) = background.write() {
                    eprintln!("{error}; they are kept in memory");
                }
            }
        });
        records
    }

    /// Takes a record. `Ok` is a promise: it will be on the volume.
    pub(crate) fn accept(&self, record: String) -> Result<(), Refused> {
        let mut waiting = self.waiting();
        match () {
            () if record.contains('\n') => Err(Refused::NotOneLine),
            () if waiting.closed => Err(Refused::Closed),
            () if waiting.records.len() >= LIMIT => Err(Refused::TooMany),
            () => {
                waiting.records.push_back(record);
                Ok(())
            }
        }
    }

    /// Writes what waits, and says how many records that were. What could not be written waits on.
    fn write(&self) -> Result<usize, NotWritten> {
        let _turn = self.0.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut batch = mem::take(&mut self.waiting().records);
        let (written, result) = append(&self.0.path, &batch);
        let Err(error) = result else { return Ok(written) };
        let mut waiting = self.waiting();
        let mut rest = batch.split_off(written);
        rest.append(&mut waiting.records);
        waiting.records = rest;
        Err(NotWritten { count: waiting.records.len(), path: self.0.path.clone(), error })
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many of the records are on the volume, whole, and what stopped the others.
fn append(path: &Path, records: &VecDeque<String>) -> (usize, io::Result<()>) {
    if records.is_empty() {
        return (0, Ok(()));
    }
    let opened = OpenOptions::new().create(true).append(true).open(path);
    let (mut file, before) = match opened.and_then(|file| file.metadata().map(|data| (file, data.len()))) {
        Ok(opened) => opened,
        Err(error) => return (0, Err(error)),
    };
    let (mut written, mut end, mut result) = (0, before, Ok(()));
    for record in records {
        let line = format!("{record}\n");
        if let Err(error) = file.write_all(line.as_bytes()) {
            // Half a record is none.
            result = file.set_len(end).and(Err(error));
            break;
        }
        written += 1;
        end += line.len() as u64;
    }
    match file.sync_all() {
        Ok(()) => (written, result),
        // Nobody can tell which of them have reached the disk: all again.
        Err(error) => (0, file.set_len(before).and(Err(error))),
    }
}

impl fmt::Display for NotWritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} records not written to {}: {}", self.count, self.path.display(), self.error)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotOneLine => "a record is one line",
            Self::TooMany => "too many records wait for the volume",
            Self::Closed => "the service is stopping",
        })
    }
}
