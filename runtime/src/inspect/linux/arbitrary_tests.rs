//! Describes threads whose files in `/proc` have arbitrary contents: no panic, no hang, and one line that fits a log.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;

use arbitrary_input::{Random, seeds};

use super::proc_dir::ProcDir;
use super::{Inspection, Snapshot};
use crate::inspect::wait_tests::{TestResult, temp_path};

/// How many changes of the files are described, and more while `TESTS_FUZZ_SECONDS` asks for them.
const SEEDS: u64 = 6_000;

/// A description names at most four descriptors, each with a name of at most 200 characters that may be escaped.
const MAX_LENGTH: usize = 10_000;

const STAT: [&str; 3] = [
    "10042 (a) b (c) D 10024 10024 9150 0 -1 4194304 101 0 0 0 193 20 0 0 20 0 1 0 95602 3133440\n",
    "7 (worker) S 1 1 1 0 -1 0 0 0 0 0 490 2 0 0 20 0 1 0 1 1\n",
    "7 (worker) R 1 1 1 0 -1 0 0 0 0 0 18446744073709551615 18446744073709551615 0 0 20 0 1 0 1 1\n",
];
/// `read`, `poll`, `connect`, `epoll_wait`, `wait4`, `waitid`, `openat`, `sendmsg` of x86-64; on other machines other calls.
const SYSCALL: [&str; 10] = [
    "running\n",
    "-1 0x7ffd349db878 0x7f204fd522ad\n",
    "0 0x3 0x7f204fbd6000 0x20000 0x0 0xffffffffffffffff 0x0 0x7ffd349db878 0x7f204fd522ad\n",
    "7 0x0 0x3 0xffffffff 0x0 0x0 0x0 0x7ffd 0x7f20\n",
    "42 0x3 0x0 0x6e 0x0 0x0 0x0 0x7ffd 0x7f20\n",
    "232 0x4 0x0 0x400 0xffffffff 0x0 0x0 0x7ffd 0x7f20\n",
    "61 0xffffffff 0x0 0x0 0x0 0x0 0x0 0x7ffd 0x7f20\n",
    "247 0x2 0x80000000 0x0 0x0 0x0 0x0 0x7ffd 0x7f20\n",
    "257 0xffffff9c 0x0 0x0 0x0 0x0 0x0 0x7ffd 0x7f20\n",
    "46 0x4 0x0 0x0 0x0 0x0 0x0 0x7ffd 0x7f20\n",
];
const INET: [&str; 2] = [
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   0: \
     0100007F:1F90 0300000A:1538 01 00000000:00000000 00:00000000 00000000  1000        0 1456 1 0\n",
    "   1: 0000000000000000FFFF00000100007F:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 \
     00:00000000 00000000  1000        0 1456 1 0\n",
];
const UNIX: [&str; 2] = [
    "Num       RefCount Protocol Flags    Type St Inode Path\n0000000000000000: 00000002 00000000 00010000 0001 01 1456 \
     /run/a b.sock\n",
    "0000000000000000: 00000003 00000000 00000000 0001 03 1456\n",
];
const EPOLL: [&str; 1] =
    ["pos:\t0\nflags:\t02000002\ntfd:        3 events:       19 data:     3  pos:0 ino:5b0 sdev:8\n"];
const LINK: [&str; 6] =
    ["socket:[1456]", "pipe:[7]", "anon_inode:[eventpoll]", "/var/lib/x/lock", "/dev/tty", "x (deleted)"];
/// Read as a path, as a list of descriptors and as the address of a unix socket.
const MEMORY: [&str; 3] = ["/var/lib/x\0", "\u{3}\0\0\0\u{1}\0\0\0\u{4}\0\0\0\u{1}\0\0\0", "\u{1}\0/run/a.sock\0"];

/// The files, with their samples. Links are made apart.
const FILES: [(&str, &[&str]); 10] = [
    ("stat", &STAT),
    ("syscall", &SYSCALL),
    ("net/tcp", &INET),
    ("net/tcp6", &INET),
    ("net/udp", &INET),
    ("net/udp6", &INET),
    ("net/unix", &UNIX),
    ("fdinfo/3", &EPOLL),
    ("fdinfo/4", &EPOLL),
    ("mem", &MEMORY),
];

fn link(folder: &Path, descriptor: u32, target: &[u8]) {
    let path = folder.join(format!("fd/{descriptor}"));
    let _ = fs::remove_file(&path);
    // The system refuses an empty target and a NUL byte; then the descriptor is closed.
    let _ = symlink(Path::new(std::ffi::OsStr::from_bytes(target)), path);
}

/// Changes some of the files, so that most of them are right most of the time.
fn change(random: &mut Random, folder: &Path) -> TestResult {
    for _ in 0..2 {
        let (name, samples) = random.pick(&FILES);
        let right = random.below(2) == 0;
        let contents = if right { random.pick(samples).as_bytes().to_vec() } else { random.corrupt(samples) };
        fs::write(folder.join(name), contents)?;
    }
    let descriptor = 3 + u32::from(random.below(2) == 0);
    link(folder, descriptor, &random.corrupt(&LINK));
    Ok(())
}

#[test]
fn spec_3_23_the_description_of_any_content_is_one_line() -> TestResult {
    let folder = temp_path("arbitrary")?;
    for part in ["net", "fd", "fdinfo"] {
        fs::create_dir_all(folder.join(part))?;
    }
    let mut described = 0;
    for seed in seeds(SEEDS) {
        change(&mut Random::new(seed), &folder)?;
        let dir = ProcDir::of_folder(folder.display().to_string());
        let inspection = Inspection { before: Snapshot::of(&dir), dir };
        if let Some(text) = inspection.describe() {
            described += 1;
            assert!(!text.contains(char::is_control), "seed {seed}: {text:?}");
            assert!(text.len() < MAX_LENGTH, "seed {seed}: {} bytes", text.len());
        }
    }
    assert!(described > SEEDS / 10, "{described} have a description");
    fs::remove_dir_all(&folder)?;
    Ok(())
}
