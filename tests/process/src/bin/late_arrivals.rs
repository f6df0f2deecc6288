//! Begins work while the drain hooks run, and registers hooks while others run.

use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use on_shutdown::{HookSettings, Phase, Settings, in_flight, register_sync};

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn hook(phase: Phase, timeout: Duration, name: &'static str, hook: impl FnOnce() + Send + 'static) {
    let settings = HookSettings::new().phase(phase).timeout(timeout);
    register_sync(name, settings, move |_| hook()).expect("it is early enough");
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("work") => work(),
        Some("hook") => late_hook(),
        other => panic!("what is {other:?}?"),
    }
}

/// A request begins on a kept connection while a drain hook runs, and ends after that hook.
fn work() {
    hook(Phase::Drain, ms(5000), "finish jobs", || {
        let (begin, begun) = channel();
        thread::spawn(move || {
            let request = in_flight("request");
            begin.send(()).expect("the hook waits");
            thread::sleep(ms(1000));
            println!("request ended");
            drop(request);
        });
        begun.recv().expect("the request begins");
        println!("drain hook ended");
    });
    hook(Phase::Stop, ms(5000), "stop", || println!("stop began"));
    run(ms(30_000));
}

/// A hook that joins the group that runs requests an hour, but only seconds are left.
fn late_hook() {
    hook(Phase::Stop, ms(1250), "registers", || {
        thread::sleep(ms(1000));
        hook(Phase::Stop, ms(3_600_000), "hangs", || {
            loop {
                thread::park();
            }
        });
    });
    hook(Phase::Flush, ms(1000), "flush", || println!("flushed"));
    run(ms(3000));
}

fn run(grace_period: Duration) {
    let _guard = Settings::new().grace_period(grace_period).install().expect("the settings are right");
    println!("ready");
    loop {
        thread::park();
    }
}
