//! Disturbs its own shutdown: the environment says how main behaves, and the arguments say what each hook does.
//!
//! `MAIN=mode`, and one argument for each kind of hook: `phase:priority:timeout-ms:behavior[:count]`. The program
//! writes `name began` and `name ended`, in their order, to the file `TRACE`. The file does not need the lock of
//! stdout.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::panic::panic_any;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};
use std::{future, thread};

use nix::sys::resource::{Resource, setrlimit};
use on_shutdown::{HookSettings, Phase, Settings, register, register_sync};

static TRACE: OnceLock<File> = OnceLock::new();
/// In one mode, main holds this lock for ever.
static LOCK: Mutex<()> = Mutex::new(());

fn trace(name: &str, what: &str) {
    // One write, so that lines of several threads do not mix. The file was opened for appending.
    let _ = TRACE.get().map(|mut file| file.write_all(format!("{name} {what}\n").as_bytes()));
}

/// Records, when it is dropped, that its hook was cancelled.
struct Dropped(String);

impl Drop for Dropped {
    fn drop(&mut self) {
        trace(&self.0, "dropped");
    }
}

fn forever() -> ! {
    loop {
        thread::sleep(Duration::from_secs(3600));
    }
}

fn spin() -> ! {
    loop {
        std::hint::spin_loop();
    }
}

/// Uses three of the eight MiB of stack that `main` has by default. A thread of the standard library has two.
fn deep(start: Option<usize>) -> usize {
    let page = std::hint::black_box([1_u8; 4096]);
    let here = std::ptr::from_ref(&page).addr();
    let start = start.unwrap_or(here);
    if start.abs_diff(here) > 3 * 1024 * 1024 { 0 } else { usize::from(page[0]) + deep(Some(start)) }
}

struct PanicsInDrop;

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        panic!("dropped with a panic");
    }
}

struct HangsInDrop;

impl Drop for HangsInDrop {
    fn drop(&mut self) {
        forever();
    }
}

/// A panic payload whose own drop panics again.
struct Poison;

impl Drop for Poison {
    fn drop(&mut self) {
        panic!("the payload panics, too");
    }
}

/// An error whose text cannot be had.
struct PanicsInDisplay;

impl std::fmt::Display for PanicsInDisplay {
    fn fmt(&self, _f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("displayed with a panic")
    }
}

fn sync_hook(behavior: &str) -> Result<(), String> {
    match behavior {
        "works" => {
            thread::sleep(Duration::from_millis(900));
            Ok(())
        }
        "ok" => Ok(()),
        "deep" => {
            deep(None);
            Ok(())
        }
        "ticks" => signal_hook::low_level::raise(signal_hook::consts::SIGVTALRM).map_err(|error| error.to_string()),
        "nap" => {
            thread::sleep(Duration::from_millis(50));
            Ok(())
        }
        "fails" => Err("it cannot be done".to_owned()),
        "panics" => panic!("sync panic"),
        "panics-payload" => panic_any(vec![1, 2, 3]),
        "panics-poison" => panic_any(Poison),
        "sleeps" => forever(),
        "spins" => spin(),
        "locks" => {
            drop(LOCK.lock());
            Ok(())
        }
        "stdout" => {
            println!("needs the lock of stdout");
            Ok(())
        }
        "reads-tcp" => {
            let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
            let address = listener.local_addr().map_err(|error| error.to_string())?;
            let mut stream = TcpStream::connect(address).map_err(|error| error.to_string())?;
            println!("peer {address}");
            stream.read(&mut [0]).map(drop).map_err(|error| error.to_string())
        }
        "reads-pipe" => {
            let (mut reader, _writer) = std::io::pipe().map_err(|error| error.to_string())?;
            reader.read(&mut [0]).map(drop).map_err(|error| error.to_string())
        }
        "block-on" => {
            let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
            runtime.block_on(async { tokio::time::sleep(Duration::from_millis(1)).await });
            Ok(())
        }
        other => panic!("no sync behavior `{other}`"),
    }
}

async fn async_hook(name: String, behavior: &str) -> Result<(), String> {
    match behavior {
        "async-ok" => Ok(()),
        "async-deep" => {
            tokio::task::yield_now().await;
            deep(None);
            tokio::task::spawn_blocking(|| deep(None)).await.map(drop).map_err(|error| error.to_string())
        }
        "async-nap" => {
            tokio::time::sleep(Duration::from_millis(50)).await;
            Ok(())
        }
        "async-reads-tcp" => {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.map_err(|error| error.to_string())?;
            let address = listener.local_addr().map_err(|error| error.to_string())?;
            let stream = tokio::net::TcpStream::connect(address).await.map_err(|error| error.to_string())?;
            stream.readable().await.map_err(|error| error.to_string())
        }
        "async-panics" => {
            tokio::task::yield_now().await;
            panic!("async panic")
        }
        "async-awaits" => {
            let _dropped = Dropped(name);
            future::pending().await
        }
        "async-sleeps" => forever(),
        "async-blocks-first" => {
            let _dropped = Dropped(name);
            // A little more than the timeout of 300 ms that the test sets.
            thread::sleep(Duration::from_millis(305));
            future::pending().await
        }
        "async-long-nap" => {
            tokio::time::sleep(Duration::from_millis(1000)).await;
            Ok(())
        }
        "async-spawns" => {
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(20)).await;
                trace(&name, "task ended");
            });
            Ok(())
        }
        "async-spawns-blocking" => {
            tokio::task::spawn_blocking(move || {
                thread::sleep(Duration::from_millis(20));
                trace(&name, "task ended");
            });
            Ok(())
        }
        "async-leaves-blocking" => {
            tokio::task::spawn_blocking(|| forever());
            Ok(())
        }
        "async-blocks-later" => {
            tokio::time::sleep(Duration::from_millis(5)).await;
            forever()
        }
        "async-spins" => spin(),
        "async-drop-panics" => {
            let _armed = PanicsInDrop;
            future::pending().await
        }
        "async-drop-hangs" => {
            let _armed = HangsInDrop;
            future::pending().await
        }
        "async-block-on" => {
            tokio::runtime::Runtime::new().map_err(|error| error.to_string())?.block_on(async {});
            Ok(())
        }
        "async-pool" => {
            // More blocking tasks than the pool has threads, and none of them ever ends.
            for _ in 0..600 {
                tokio::task::spawn_blocking(|| forever());
            }
            Ok(())
        }
        "async-leaves" => {
            let left = Dropped(name);
            tokio::spawn(async move {
                let _left = left;
                future::pending::<()>().await;
            });
            tokio::time::sleep(Duration::from_millis(5)).await;
            Ok(())
        }
        "async-tasks" => {
            for _ in 0..8 {
                tokio::spawn(async { forever() });
            }
            tokio::task::yield_now().await;
            Ok(())
        }
        other => panic!("no async behavior `{other}`"),
    }
}

/// `phase:priority:timeout-ms:behavior[:count]`
fn add(spec: &str) {
    let parts: Vec<&str> = spec.split(':').collect();
    let [phase, priority, timeout, behavior, ref count @ ..] = parts[..] else { panic!("`{spec}`") };
    let phase = Phase::ALL.into_iter().find(|known| known.name() == phase).expect(phase);
    let timeout = Duration::from_millis(timeout.parse().expect(timeout));
    let settings = HookSettings::new().phase(phase).priority(priority.parse().expect(priority)).timeout(timeout);
    for number in 0..count.first().map_or(1, |count| count.parse().expect(count)) {
        let name = format!("{behavior}-{number}");
        let (hook, behavior) = (name.clone(), behavior.to_owned());
        let registration = if behavior == "display-panics" {
            register_sync(name, settings.clone(), move |_| {
                trace(&hook, "began");
                Err::<(), _>(PanicsInDisplay)
            })
        } else if behavior.starts_with("async") {
            register(name, settings.clone(), async move |_| {
                trace(&hook, "began");
                let result = async_hook(hook.clone(), &behavior).await;
                trace(&hook, "ended");
                result
            })
        } else {
            register_sync(name, settings.clone(), move |_| {
                trace(&hook, "began");
                let result = sync_hook(&behavior);
                trace(&hook, "ended");
                result
            })
        };
        registration.expect("it is early enough");
    }
}

fn main() {
    let path = std::env::var("TRACE").expect("TRACE names a file");
    let file = File::options().append(true).create(true).open(path).expect("TRACE can be written");
    TRACE.set(file).expect("only main sets it");
    std::env::args().skip(1).for_each(|spec| add(&spec));
    if std::env::var_os("HANDLES_SIGVTALRM").is_some() {
        // As a profiler or an embedded interpreter does.
        signal_hook::flag::register(signal_hook::consts::SIGVTALRM, std::sync::Arc::default()).expect("a handler");
    }
    let settings = Settings::new().escalate_on_any(std::env::var_os("ESCALATE_ON_ANY").is_some());
    let handle = settings.install().expect("the settings are right");
    match std::env::var("MAIN").as_deref().unwrap_or("parks") {
        "parks" => ready(),
        "spins" => {
            println!("ready");
            spin()
        }
        "holds-stdout" => {
            let mut stdout = std::io::stdout().lock();
            let _ = writeln!(stdout, "ready");
            forever()
        }
        "holds-stderr" => {
            println!("ready");
            let _stderr = std::io::stderr().lock();
            forever()
        }
        "holds-lock" => {
            let _guard = LOCK.lock();
            ready()
        }
        "multi-thread" => on_runtime(tokio::runtime::Builder::new_multi_thread().worker_threads(2), false),
        "multi-thread-blocked" => on_runtime(tokio::runtime::Builder::new_multi_thread().worker_threads(2), true),
        "current-thread" => on_runtime(&mut tokio::runtime::Builder::new_current_thread(), false),
        "current-thread-spins" => on_runtime(&mut tokio::runtime::Builder::new_current_thread(), true),
        "closed" => {
            println!("ready");
            for descriptor in 0..3 {
                let _ = nix::unistd::close(descriptor);
            }
            forever()
        }
        // As a program that makes itself a daemon.
        "closed-all" => {
            for descriptor in 3..1024 {
                let _ = nix::unistd::close(descriptor);
            }
            ready()
        }
        "no-descriptors" => no_descriptors(),
        "no-threads" => {
            // This user can make no further threads. The program must run without privileges.
            setrlimit(Resource::RLIMIT_NPROC, 1, 1).expect("a limit may be lowered");
            ready()
        }
        "panics-later" => {
            println!("ready");
            while on_shutdown::is_ready() {
                thread::sleep(Duration::from_millis(1));
            }
            handle.request_shutdown("main is about to panic");
            panic!("main panics during the shutdown")
        }
        other => panic!("no main `{other}`"),
    }
}

fn ready() {
    println!("ready");
    forever()
}

fn on_runtime(builder: &mut tokio::runtime::Builder, wedged: bool) {
    let runtime = builder.enable_all().build().expect("a runtime");
    for _ in 0..if wedged { 2 } else { 0 } {
        runtime.spawn(async { spin() });
    }
    runtime.block_on(async move {
        println!("ready");
        if wedged {
            spin();
        }
        future::pending::<()>().await;
    });
}

fn no_descriptors() {
    let started = Instant::now();
    let mut taken = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        taken.push(file);
    }
    println!("ready");
    println!("{} descriptors taken in {:?}", taken.len(), started.elapsed());
    forever()
}
