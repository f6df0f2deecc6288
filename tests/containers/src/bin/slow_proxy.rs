//! Forwards connections to port 2379 to the address in its first argument. From SIGUSR1 on, it forwards one byte per
//! second of the answers: too slow for every client, but never silent.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{SigSet, Signal};

static SLOW: AtomicBool = AtomicBool::new(false);

fn main() -> anyhow::Result<()> {
    let target = std::env::args().nth(1).unwrap_or_default();
    let mut usr1 = SigSet::empty();
    usr1.add(Signal::SIGUSR1);
    usr1.thread_block()?;
    thread::spawn(move || {
        usr1.wait().expect("a signal");
        SLOW.store(true, Ordering::SeqCst);
        println!("slow from now on");
    });
    let listener = TcpListener::bind("0.0.0.0:2379")?;
    println!("ready");
    for client in listener.incoming() {
        let (client, server) = (client?, TcpStream::connect(&target)?);
        let (to_client, to_server) = (client.try_clone()?, server.try_clone()?);
        thread::spawn(move || pass(client, to_server, false));
        thread::spawn(move || pass(server, to_client, true));
    }
    Ok(())
}

fn pass(mut from: TcpStream, mut to: TcpStream, answers: bool) {
    let mut block = [0; 4096];
    loop {
        let slow = answers && SLOW.load(Ordering::SeqCst);
        let length = if slow { 1 } else { block.len() };
        let Ok(length @ 1..) = from.read(&mut block[..length]) else { break };
        if answers && SLOW.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_secs(1));
        }
        if to.write_all(&block[..length]).is_err() {
            break;
        }
    }
    // The one end tells the other.
    let _ = to.shutdown(std::net::Shutdown::Write);
}
