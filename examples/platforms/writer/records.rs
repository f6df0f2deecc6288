//! Keeps acknowledged records in memory and appends them to a file, every second and in the `flush` hook.

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
/// Maximum number of records in memory, for a volume that cannot be written.
const LIMIT: usize = 20_000;

/// Writes the last records. The drain phase has ended, so no request can add a record any more.
#[on_shutdown(phase = flush, timeout = "5s")]
fn write_records(records: Records) -> Result<(), NotWritten> {
    records.waiting().closed = true;
    let count = records.write()?;
    println!("wrote the last {count} records");
    Ok(())
}

/// The acknowledged records. Clones share them.
#[derive(Clone)]
pub(crate) struct Records(Arc<Shared>);

struct Shared {
    path: PathBuf,
    waiting: Mutex<Waiting>,
    /// Held by the thread that writes. A separate lock, so a slow disk does not block `accept`.
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

/// How many records are still in memory, and why.
#[derive(Debug)]
pub(crate) struct NotWritten {
    count: usize,
    path: PathBuf,
    error: io::Error,
}

impl Records {
    /// Appends records to this file, every second and at shutdown.
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

    /// Accepts a record. `Ok` promises that the record will be on the volume.
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

    /// Writes the records in memory and returns their number. Records that cannot be written stay in memory.
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

/// Appends the records. Returns how many of them are completely on the volume, and the error that stopped it.
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
            // Removes the record that is only partly written.
            result = file.set_len(end).and(Err(error));
            break;
        }
        written += 1;
        end += line.len() as u64;
    }
    match file.sync_all() {
        Ok(()) => (written, result),
        // It is unknown which records have reached the disk, so all of them are written again.
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
