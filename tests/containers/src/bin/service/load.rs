//! Takes this process to a limit, by the name of the limit.

use std::fs::File;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

/// Linux's number for "too many open files".
const EMFILE: i32 = 24;
const BLOCK: usize = 64 * 1024;
/// What is left of the memory for the shutdown itself.
const LEFT: u64 = 1024 * 1024;

static FILES: Mutex<Vec<File>> = Mutex::new(Vec::new());
static BLOCKS: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

pub(crate) fn carry(load: &str) -> Result<(), String> {
    match load {
        "" => Ok(()),
        "descriptors" => open_all(),
        "processor" => spin(),
        "memory" => fill(LEFT),
        // The control: no process survives this.
        "too much memory" => fill(0),
        other => Err(format!("unknown load `{other}`")),
    }
}

/// Takes all the processor time there is, for ever; returns when the kernel has held it back for the first time.
fn spin() -> Result<(), String> {
    thread::spawn(|| {
        loop {
            std::hint::spin_loop();
        }
    });
    while !text_of("cpu.stat", "cpu/cpu.stat")?.lines().any(held_back) {
        thread::sleep(Duration::from_millis(10));
    }
    println!("held back by the limit on processor time");
    Ok(())
}

fn held_back(line: &str) -> bool {
    line.strip_prefix("nr_throttled ").is_some_and(|times| times != "0")
}

fn open_all() -> Result<(), String> {
    let mut files = FILES.lock().map_err(|error| error.to_string())?;
    loop {
        match File::open("/proc/self/exe") {
            Ok(file) => files.push(file),
            Err(error) if error.raw_os_error() == Some(EMFILE) => break,
            Err(error) => return Err(error.to_string()),
        }
    }
    println!("{} descriptors, and not one more", files.len());
    Ok(())
}

/// Fills the memory of this control group until only so much is left.
fn fill(left: u64) -> Result<(), String> {
    let mut blocks = BLOCKS.lock().map_err(|error| error.to_string())?;
    let limit = number_of("memory.max", "memory/memory.limit_in_bytes")?;
    // Zero left means beyond: the kernel's count may lag behind.
    while left == 0 || number_of("memory.current", "memory/memory.usage_in_bytes")? + left < limit {
        blocks.push(vec![1; BLOCK]);
    }
    println!("all but {} KiB of {} KiB filled", left / 1024, limit / 1024);
    Ok(())
}

fn number_of(two: &str, one: &str) -> Result<u64, String> {
    let text = text_of(two, one)?;
    text.trim().parse().map_err(|_| format!("`{}` is not a limit", text.trim()))
}

/// Returns what the kernel reports about this control group, from the file of version 2 or of version 1.
fn text_of(two: &str, one: &str) -> Result<String, String> {
    let read = |name| std::fs::read_to_string(format!("/sys/fs/cgroup/{name}"));
    read(two).or_else(|_| read(one)).map_err(|error| error.to_string())
}
