//! Runs three hooks. The first does what `HOSTILE` says, and main may do the same.

use std::process::exit;
use std::thread;

use on_shutdown::on_shutdown;

fn mode() -> String {
    std::env::var("HOSTILE").unwrap_or_default()
}

fn hang() -> ! {
    loop {
        thread::park();
    }
}

#[on_shutdown(timeout = "20s")]
fn misbehave() -> Result<(), String> {
    println!("misbehaving");
    match mode().as_str() {
        "hang" | "hang everywhere" => hang(),
        "spin" => loop {
            std::hint::spin_loop();
        },
        "thread" => {
            // The thread outlives its hook.
            let _ = thread::spawn(|| hang());
            Ok(())
        }
        "fail" => Err("the disk is full".to_owned()),
        "panic" => panic!("out of luck"),
        _ => Ok(()),
    }
}

#[on_shutdown(phase = close)]
fn close_pool() {
    println!("closed the pool");
    if mode() == "hang everywhere" {
        hang()
    }
}

#[on_shutdown(phase = finalize)]
fn flush_metrics() {
    println!("flushed the metrics");
    if mode() == "hang everywhere" {
        hang()
    }
}

#[on_shutdown::main]
fn main() -> Result<(), String> {
    println!("ready");
    match mode().as_str() {
        "main fails" => return Err("no configuration".to_owned()),
        "main panics" => panic!("a bug in main"),
        "exit" => on_shutdown::request_exit(7).map_err(|error| error.to_string())?,
        "" | "hang" | "hang everywhere" | "spin" | "thread" | "fail" | "panic" => {}
        // A misspelt mode must not look like a healthy program.
        _ => exit(99),
    }
    hang()
}
