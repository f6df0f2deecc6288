//! Runs the collector of `channel_before` with on-shutdown. The clean-up stays at the end of `main`.

use std::fs;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, sleep};
use std::time::Duration;

use migrations::{Failure, folder};
use on_shutdown::{HookSettings, Phase, Settings, in_flight, on_shutdown, register_sync};

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

#[on_shutdown(phase = close, timeout = "1s")]
fn close_pool() {
    println!("closed the pool");
}

fn main() -> Result<(), Failure> {
    let _guard = Settings::new().install()?;
    let _collecting = in_flight("collecting");
    let (send, messages) = channel();
    let stop = send.clone();
    register_sync("stop", HookSettings::new().phase(Phase::Drain), move |_| stop.send(Message::Stop))?;
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
