//! Writes to a file in two hooks. Handles SIGHUP if the first argument says so. The second argument is the file.

use std::convert::Infallible;
use std::fs::File;
use std::io::Write;
use std::process::ExitCode;

use on_shutdown::{Settings, Signal, on_shutdown};

fn argument(number: usize) -> String {
    std::env::args().nth(number).expect("two arguments")
}

fn append(line: &str) -> std::io::Result<()> {
    writeln!(File::options().append(true).create(true).open(argument(2))?, "{line}")
}

#[on_shutdown(phase = flush)]
async fn flush() -> std::io::Result<()> {
    append("flushed")
}

#[on_shutdown(phase = close)]
fn close() -> std::io::Result<()> {
    if argument(1) == "prints" {
        println!("closing");
    }
    append("closed")
}

fn main() -> ExitCode {
    let settings = match argument(1).as_str() {
        "default" => Settings::new(),
        _ => Settings::new().signals([Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP]),
    };
    settings.run(|| -> Infallible {
        println!("ready");
        loop {
            std::thread::park();
        }
    })
}
