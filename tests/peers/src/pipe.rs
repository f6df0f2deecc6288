//! Makes a named pipe that can be filled and that no process reads.

use std::fs::{File, OpenOptions, remove_file};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use nix::fcntl::OFlag;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

pub struct Pipe {
    pub path: PathBuf,
    /// Both ends, so that neither we nor the program wait for the other to open it. Not blocking.
    ends: File,
}

impl Pipe {
    pub fn new(path: PathBuf) -> Self {
        mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR).expect("a pipe with a name");
        let ends = OpenOptions::new().read(true).write(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(&path);
        Self { ends: ends.expect("both ends of the pipe"), path }
    }

    /// Until not a single byte fits.
    pub fn fill(&mut self) {
        for piece in [&[b'\n'; 4096][..], b"\n"] {
            let full = loop {
                if let Err(error) = self.ends.write_all(piece) {
                    break error;
                }
            };
            assert_eq!(full.kind(), ErrorKind::WouldBlock, "{full}");
        }
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        let _ = remove_file(&self.path);
    }
}
