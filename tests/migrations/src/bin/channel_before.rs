//! Collects what threads send through a channel until a signal, before the migration. Written like the example of
//! `Signals::forever` of signal-hook 0.4: a thread sends a message for each signal.

use std::fs;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, sleep};
use std::time::Duration;

use migrations::{Failure, folder};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

enum Message {
    Row(String),
    Stop,
}

fn measure(sensor: u32, rows: &Sender<Message>) {
    while rows.send(Message::Row(format!("sensor {sensor}"))).is_ok() {
        sleep(Duration::from_millis(50));
    }
}

fn save(rows: &[String]) -> std::io::Result<()> {
    sleep(Duration::from_millis(300));
    fs::write(folder().join("rows.txt"), rows.join("\n"))?;
    println!("saved");
    Ok(())
}

fn main() -> Result<(), Failure> {
    let (send, messages) = channel();
    let stop = send.clone();
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    thread::spawn(move || signals.forever().try_for_each(|_| stop.send(Message::Stop)));
    for sensor in 1..=2 {
        let send = send.clone();
        thread::spawn(move || measure(sensor, &send));
    }
    let mut rows = Vec::new();
    for message in messages {
        match message {
            Message::Row(row) => rows.push(row),
            Message::Stop => break,
        }
        println!("collected {}", rows.len());
    }
    save(&rows)?;
    Ok(())
}
