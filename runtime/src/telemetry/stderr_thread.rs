//! Writes lines and the report to stderr on systems without `poll`. Does not block if the reader of stderr does not read.
//!
//! One thread writes, and the others wait for it for a limited time. If the reader takes nothing, the texts stay in a queue
//! in their order, up to a limit. On a target without threads the caller itself writes. Tests on Unix compile this module,
//! too.

use std::io::{Write, stderr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::stderr_options::LINE_TIMEOUT;
pub(crate) use super::stderr_options::REPORT_TIMEOUT;
use crate::threads;

/// Maximum number of texts that wait for a reader.
const QUEUE: usize = 64;

/// The thread that writes to stderr. `None` if the system refuses a thread.
static WRITER: OnceLock<Option<Writer>> = OnceLock::new();

/// Starts the thread, if there is none. Called at install: at the trigger the system may refuse a thread.
pub(crate) fn prepare() {
    writer();
}

/// Writes a line, as far as the reader takes it in time.
pub(super) fn line(line: &str) {
    let is_stuck = writer().is_some_and(|writer| writer.is_stuck.load(Ordering::Relaxed));
    write(line, if is_stuck { Duration::ZERO } else { LINE_TIMEOUT });
}

/// Writes the text, and waits for the reader at most for this time.
pub(super) fn write(text: &str, timeout: Duration) {
    match writer() {
        Some(writer) => writer.write(text, timeout),
        // Best effort: a closed stderr takes nothing.
        None => drop(stderr().write_all(text.as_bytes())),
    }
}

fn writer() -> Option<&'static Writer> {
    WRITER.get_or_init(|| Writer::start(|text| drop(stderr().write_all(text.as_bytes())))).as_ref()
}

/// A thread that writes texts in their order.
struct Writer {
    texts: SyncSender<(String, SyncSender<()>)>,
    /// Whether the reader did not take the last text in time. If so, a line does not wait for it. The report does: the
    /// process may end next.
    is_stuck: Arc<AtomicBool>,
}

// Relaxed: the flag guards no other memory.
impl Writer {
    fn start(mut write: impl FnMut(&str) + Send + 'static) -> Option<Self> {
        let (give, take) = sync_channel::<(String, SyncSender<()>)>(QUEUE);
        let is_stuck = Arc::new(AtomicBool::new(false));
        let stuck = Arc::clone(&is_stuck);
        let work = move || {
            for (text, done) in take {
                write(&text);
                stuck.store(false, Ordering::Relaxed);
                // The thread that sent the text may have stopped waiting.
                let _ = done.try_send(());
            }
        };
        threads::spawn("shutdown-stderr", work).ok()?;
        Some(Self { texts: give, is_stuck })
    }

    fn write(&self, text: &str, timeout: Duration) {
        let (done, is_done) = sync_channel(1);
        // A full queue loses the text: no one reads.
        if self.texts.try_send((text.to_owned(), done)).is_err() {
            return;
        }
        let is_stuck = is_done.recv_timeout(timeout).is_err();
        self.is_stuck.store(is_stuck, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Instant;

    use super::*;

    /// Longer than a text may wait, also on a busy machine.
    const LONG: Duration = Duration::from_secs(10);

    #[test]
    fn spec_3_14_a_reader_that_does_not_read_holds_one_text_for_its_time_and_gets_all_in_order_later() {
        let (read, may_write) = channel::<()>();
        let (written, texts) = channel();
        let writer = Writer::start(move |text| {
            let _ = may_write.recv();
            let _ = written.send(text.to_owned());
        })
        .unwrap();
        let start = Instant::now();
        for number in 0..QUEUE * 2 {
            writer.write(&number.to_string(), Duration::from_millis(20));
        }
        assert!(start.elapsed() < LONG);
        drop(read);
        let all: Vec<String> = texts.iter().take(QUEUE).collect();
        assert_eq!(all, (0..QUEUE).map(|number| number.to_string()).collect::<Vec<_>>());
    }

    #[test]
    fn a_text_is_written_when_the_call_returns() {
        let (written, texts) = channel();
        let writer = Writer::start(move |text| drop(written.send(text.to_owned()))).unwrap();
        for _ in 0..100 {
            writer.write("line\n", LONG);
            assert_eq!(texts.try_recv().as_deref(), Ok("line\n"));
        }
    }
}
