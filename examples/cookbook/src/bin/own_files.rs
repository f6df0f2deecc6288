//! Removes a lock file, a Unix socket and a temporary folder.
//!
//! Run `cargo run -p cookbook --bin own_files -- /tmp/cookbook`, and press Ctrl-C.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use on_shutdown::{on_shutdown, provide};

/// What this process has made, and must not leave behind.
struct OwnFiles {
    socket: PathBuf,
    folder: PathBuf,
    lock: PathBuf,
}

impl OwnFiles {
    fn make(state: &Path) -> io::Result<(Self, UnixListener)> {
        fs::create_dir_all(state)?;
        let files = Self { socket: state.join("socket"), folder: state.join("work"), lock: state.join("lock") };
        // Fails if another process has the lock. One that was killed left it, and a person must remove it.
        fs::File::create_new(&files.lock)?;
        match fs::create_dir(&files.folder).and_then(|()| UnixListener::bind(&files.socket)) {
            Ok(listener) => Ok((files, listener)),
            // No hook has the files yet.
            Err(error) => Err(match files.remove() {
                Ok(()) => error,
                Err(left) => io::Error::other(format!("{error}; and what was made is left behind: {left}")),
            }),
        }
    }

    fn remove(&self) -> io::Result<()> {
        let gone = |result: io::Result<()>| match result {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            other => other,
        };
        // Each, also if another one fails. The lock last: from then on another process may begin.
        let results = [
            gone(fs::remove_file(&self.socket)),
            gone(fs::remove_dir_all(&self.folder)),
            gone(fs::remove_file(&self.lock)),
        ];
        results.into_iter().collect()
    }
}

/// In `close`, after the hooks that use the files: they have a higher priority. A `Drop` would not run, because the process
/// ends while other threads still run. Short: the files are few.
#[on_shutdown(phase = close, priority = -10, timeout = "2s")]
fn remove_own_files(files: Arc<OwnFiles>) -> io::Result<()> {
    files.remove()
}

#[on_shutdown::main]
async fn main() -> anyhow::Result<()> {
    let state = std::env::args_os().nth(1).map_or_else(|| std::env::temp_dir().join("cookbook"), PathBuf::from);
    let (files, listener) = OwnFiles::make(&state)?;
    provide(Arc::new(files))?;
    println!("ready: {:?}", listener.local_addr()?);
    on_shutdown::draining().await;
    Ok(())
}
