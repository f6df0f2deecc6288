//! Ends when nobody reads its stdout any more. One hook prints before it saves, the other does as documented.

use std::io::Write;
use std::time::Duration;

use on_shutdown::on_shutdown;

#[on_shutdown]
fn prints_before_it_saves() {
    println!("saving");
}

#[on_shutdown]
fn saves_before_it_prints() {
    let _ = writeln!(std::io::stdout(), "saved");
}

#[on_shutdown::main]
fn main() {
    // Fails when the reader has ended.
    while writeln!(std::io::stdout(), "working").is_ok() {
        std::thread::sleep(Duration::from_millis(1));
    }
}
