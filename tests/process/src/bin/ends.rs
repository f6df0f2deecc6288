//! Ends by itself, in the way that the argument names.

use std::future::Future;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use on_shutdown::{ExitMode, HookSettings, Phase, Settings, on_shutdown, register_sync};

#[on_shutdown]
fn hook() {
    println!("hook");
}

#[on_shutdown(phase = finalize)]
async fn last() {
    println!("last");
}

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("returned") => returned(),
        Some("failed") => failed(),
        Some("failed-with-causes") => failed_with_causes(),
        Some("panicked") => panicked(),
        Some("code") => code(),
        Some("async-returned") => async_returned(),
        Some("async-failed") => async_failed(),
        Some("async-panicked") => async_panicked(),
        Some("exit") => exit(),
        Some("exit-zero-after-failure") => exit_after_failure(),
        Some("request") => request(),
        Some("signal_exit_code") => signal_exit_code(),
        Some("settings") => settings(),
        Some("return") => go_on(),
        Some("return-and-hang") => hang_after_return(),
        Some("return-past-the-deadline") => return_past_the_deadline(),
        Some("return-while-held") => return_while_held(),
        Some("return-behind-a-waker") => return_behind_a_waker(),
        Some("atexit-hangs") => atexit_hangs(),
        Some("exit-in-the-last-hook") => exit_in_the_last_hook(),
        Some("exit-after-main-returned") => exit_after_main_returned(),
        Some("async-exit-after-main-returned") => async_exit_after_main_returned(),
        Some("twice") => twice(),
        Some("atexit") => flushed(ExitMode::Atexit),
        Some("immediate") => flushed(ExitMode::Immediate),
        Some("panicked-poison") => panicked_poison(),
        Some("async-panicked-poison") => async_panicked_poison(),
        Some("failed-debug-panics") => failed_debug_panics(),
        Some("failed-drop-panics") => failed_drop_panics(),
        Some("return-sync") => return_sync(),
        Some("return-current-thread") => return_current_thread(),
        Some("return-multi-thread") => return_multi_thread(),
        Some("return-sync-failed") => return_sync_failed(),
        Some("return-current-thread-failed") => return_current_thread_failed(),
        Some("return-multi-thread-failed") => return_multi_thread_failed(),
        Some("return-blocked-task") => return_blocked_task(),
        Some("control-characters") => control_characters(),
        Some("long-line") => long_line(),
        Some("refused-by-the-system") => refused_by_the_system(),
        Some("few-descriptors") => few_descriptors(),
        Some("forces-itself") => forces_itself(),
        Some("hook-failed-with-causes") => hook_failed_with_causes(),
        other => panic!("what is {other:?}?"),
    }
}

#[on_shutdown::main]
fn returned() {}

#[on_shutdown::main]
fn failed() -> Result<(), String> {
    Err("the disk is full".to_owned())
}

#[on_shutdown::main]
async fn failed_with_causes() -> anyhow::Result<()> {
    use anyhow::Context;
    let address_in_use = std::io::Error::from_raw_os_error(98);
    Err(address_in_use).context("bind failed").context("starting http")
}

#[on_shutdown::main]
fn panicked() {
    panic!("no such luck");
}

/// Returns the second argument, or 3.
#[on_shutdown::main]
fn code() -> ExitCode {
    ExitCode::from(std::env::args().nth(2).map_or(3, |code| code.parse().expect("a code")))
}

#[on_shutdown::main(flavor = "current_thread")]
async fn async_returned() -> Result<ExitCode, String> {
    tokio::task::yield_now().await;
    Ok(ExitCode::SUCCESS)
}

#[on_shutdown::main]
async fn async_failed() -> Result<(), Box<dyn std::error::Error>> {
    tokio::task::yield_now().await;
    Err("the port is taken".into())
}

#[on_shutdown::main]
async fn async_panicked() {
    tokio::task::yield_now().await;
    std::panic::panic_any(42_u8);
}

#[on_shutdown::main]
fn exit() {
    on_shutdown::request_exit(7).expect("it is installed");
    loop {
        std::thread::park();
    }
}

#[on_shutdown::main]
fn exit_after_failure() -> Result<(), String> {
    on_shutdown::request_exit(0).expect("it is installed");
    Err("too late to matter".to_owned())
}

#[on_shutdown::main(flavor = "current_thread")]
async fn request() {
    on_shutdown::request_shutdown("configuration changed").expect("it is installed");
    // The request may come too late. It changes nothing in either case.
    on_shutdown::request_shutdown("a second reason").expect("it is installed");
    std::future::pending().await
}

#[on_shutdown::main(signal_exit_code = true)]
async fn signal_exit_code() {
    println!("ready");
    std::future::pending().await
}

/// A program that owns its main and its runtime.
fn settings() -> ExitCode {
    let early = on_shutdown::request_shutdown("before install");
    println!("{}", early.expect_err("nothing is installed"));
    let handle = Settings::new().grace_period(Duration::from_secs(25)).install().expect("the settings are right");
    println!("{}", handle.plan());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        handle.request_shutdown("the work is done");
        handle.ended().await;
    });
    println!("never seen: the process ends instead");
    ExitCode::from(99)
}

/// The process continues after its shutdown, and ends by itself.
fn go_on() -> ExitCode {
    let handle = Settings::new().exit_mode(ExitMode::Return).install().expect("the settings are right");
    handle.request_shutdown("for the report");
    let report = handle.wait();
    println!("{} hooks, {}", report.hooks.len(), report.trigger);
    println!("again: {}", handle.wait().hooks.len());
    ExitCode::from(11)
}

fn hang_after_return() -> ExitCode {
    let handle = Settings::new().exit_mode(ExitMode::Return).install().expect("the settings are right");
    handle.request_shutdown("for the report");
    println!("{} hooks", handle.wait().hooks.len());
    println!("ready");
    loop {
        std::thread::park();
    }
}

/// The program works on when its deadline has passed.
fn return_past_the_deadline() -> ExitCode {
    let grace_period = Duration::from_secs(1);
    let settings = Settings::new().exit_mode(ExitMode::Return).grace_period(grace_period);
    let handle = settings.install().expect("the settings are right");
    handle.request_shutdown("for the report");
    println!("{} hooks", handle.wait().hooks.len());
    // Longer than the grace period, which began before.
    std::thread::sleep(grace_period);
    println!("the program works on");
    ExitCode::from(11)
}

/// The thread that ran the first hook never returns.
fn return_while_held() -> ExitCode {
    let settings = HookSettings::new().priority(1).timeout(Duration::from_millis(100));
    let hook = register_sync("holds its thread", settings, |_| -> () {
        loop {
            std::thread::park();
        }
    });
    hook.expect("it is early enough");
    let handle = Settings::new().exit_mode(ExitMode::Return).install().expect("the settings are right");
    handle.request_shutdown("for the report");
    println!("{} hooks", handle.wait().hooks.len());
    println!("ready");
    loop {
        std::thread::park();
    }
}

struct BlockingWaker;

impl Wake for BlockingWaker {
    fn wake(self: Arc<Self>) {
        loop {
            std::thread::park();
        }
    }
}

struct SendingWaker(SyncSender<()>);

impl Wake for SendingWaker {
    fn wake(self: Arc<Self>) {
        self.0.send(()).expect("main waits");
    }
}

/// The thread that wakes the waiters of the report is held by the first of them. The waker of `main` is between two that
/// block, because the order of the calls is not part of the contract.
fn return_behind_a_waker() -> ExitCode {
    let handle = Settings::new().exit_mode(ExitMode::Return).install().expect("the settings are right");
    let (send, woken) = sync_channel(1);
    let blocking = Waker::from(Arc::new(BlockingWaker));
    let mut waiting = [handle.ended(), handle.ended(), handle.ended()];
    for (ended, waker) in waiting.iter_mut().zip([&blocking, &Waker::from(Arc::new(SendingWaker(send))), &blocking]) {
        assert!(Pin::new(ended).poll(&mut Context::from_waker(waker)).is_pending());
    }
    handle.request_shutdown("for the report");
    woken.recv().expect("the waker is called");
    println!("{} hooks", handle.wait().hooks.len());
    println!("the program works on");
    ExitCode::from(11)
}

struct HangsInDrop;

impl Drop for HangsInDrop {
    fn drop(&mut self) {
        println!("ready");
        loop {
            std::thread::park();
        }
    }
}

/// `exit` runs the destructors of the thread that calls it. Here that is the thread that ran the hook.
fn atexit_hangs() -> ExitCode {
    thread_local!(static ARMED: HangsInDrop = const { HangsInDrop });
    let hook = register_sync("arms", HookSettings::new().phase(Phase::Finalize).priority(-1), |_| ARMED.with(|_| ()));
    hook.expect("it is early enough");
    let settings = Settings::new().exit_mode(ExitMode::Atexit).grace_period(Duration::from_secs(60));
    let handle = settings.install().expect("the settings are right");
    handle.request_shutdown("enough");
    let _ = handle.wait();
    ExitCode::from(99)
}

/// The shutdown is over at once after the request.
fn exit_in_the_last_hook() -> ExitCode {
    let settings = HookSettings::new().phase(Phase::Finalize).priority(-1);
    let asks = register_sync("asks", settings, |_| {
        // The first look of the supervisor, which may see the request in time, is over by then.
        std::thread::sleep(Duration::from_millis(20));
        on_shutdown::request_exit(3).expect("it is installed");
    });
    asks.expect("it is early enough");
    let handle = Settings::new().install().expect("the settings are right");
    handle.request_shutdown("enough");
    let _ = handle.wait();
    ExitCode::from(99)
}

/// Registers a hook that requests an exit code. By the second argument, the hook is the last one, or one of the others.
fn request_exit_in_a_hook() {
    let phase = if std::env::args().nth(2).as_deref() == Some("last") { Phase::Finalize } else { Phase::Stop };
    let settings = HookSettings::new().phase(phase).priority(-1);
    let asks = register_sync("asks", settings, |_| on_shutdown::request_exit(3).expect("it is installed"));
    asks.expect("it is early enough");
}

#[on_shutdown::main]
fn exit_after_main_returned() {
    request_exit_in_a_hook();
}

#[on_shutdown::main]
async fn async_exit_after_main_returned() -> Result<(), String> {
    request_exit_in_a_hook();
    Ok(())
}

fn twice() -> ExitCode {
    let bad = Settings::new().grace_period(Duration::from_millis(1)).install();
    println!("bad: {}", bad.expect_err("it is too short"));
    let handle = Settings::new().install().expect("an install that failed leaves the way free");
    println!("second: {}", Settings::new().install().expect_err("there is one"));
    handle.request_shutdown("enough");
    let _ = handle.wait();
    ExitCode::from(99)
}

struct PrintsInDrop;

impl Drop for PrintsInDrop {
    fn drop(&mut self) {
        println!("the destructor ran");
    }
}

/// `exit` runs the destructors of the thread that calls it, which is the one that ran the hook; `_exit` runs none.
fn flushed(mode: ExitMode) -> ExitCode {
    thread_local!(static PRINTS: PrintsInDrop = const { PrintsInDrop });
    let settings = HookSettings::new().phase(Phase::Finalize).priority(-1);
    // The last hook prints it: a later line would flush the buffer.
    let arms = register_sync("arms", settings, |_| {
        PRINTS.with(|_| ());
        print!("no newline, so it is in the buffer until the end");
    });
    arms.expect("it is early enough");
    let handle = Settings::new().exit_mode(mode).install().expect("the settings are right");
    handle.request_exit(5);
    let _ = handle.wait();
    ExitCode::from(99)
}

/// A panic payload, or an error, whose destructor panics.
struct PanicsInDrop;

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        panic!("the destructor panics");
    }
}

impl std::fmt::Debug for PanicsInDrop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an error whose destructor panics")
    }
}

/// An error whose `Debug` panics.
struct PanicsInDebug;

impl std::fmt::Debug for PanicsInDebug {
    fn fmt(&self, _f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("no words for it")
    }
}

#[on_shutdown::main]
fn panicked_poison() {
    std::panic::panic_any(PanicsInDrop);
}

#[on_shutdown::main]
async fn async_panicked_poison() {
    tokio::task::yield_now().await;
    std::panic::panic_any(PanicsInDrop);
}

#[on_shutdown::main]
fn failed_debug_panics() -> Result<(), PanicsInDebug> {
    Err(PanicsInDebug)
}

#[on_shutdown::main(flavor = "current_thread")]
async fn failed_drop_panics() -> Result<(), PanicsInDrop> {
    Err(PanicsInDrop)
}

/// Registers a hook that fails if the second argument is `hook-fails`.
fn maybe_fail() {
    if std::env::args().nth(2).as_deref() == Some("hook-fails") {
        let fails = |_| Err::<(), _>("the disk is full");
        register_sync("fails", HookSettings::new().phase(Phase::Close), fails).expect("it is early enough");
    }
}

#[on_shutdown::main(settings = Settings::new().exit_mode(ExitMode::Return))]
fn return_sync() {
    maybe_fail();
}

#[on_shutdown::main(flavor = "current_thread", settings = Settings::new().exit_mode(ExitMode::Return))]
async fn return_current_thread() {
    maybe_fail();
}

#[on_shutdown::main(settings = Settings::new().exit_mode(ExitMode::Return))]
async fn return_multi_thread() {
    maybe_fail();
}

#[on_shutdown::main(settings = Settings::new().exit_mode(ExitMode::Return))]
fn return_sync_failed() -> Result<(), String> {
    Err("the port is taken".to_owned())
}

#[on_shutdown::main(flavor = "current_thread", settings = Settings::new().exit_mode(ExitMode::Return))]
async fn return_current_thread_failed() -> Result<(), String> {
    Err("the port is taken".to_owned())
}

#[on_shutdown::main(settings = Settings::new().exit_mode(ExitMode::Return))]
async fn return_multi_thread_failed() -> Result<(), String> {
    Err("the port is taken".to_owned())
}

/// Leaves one task that panics when the runtime drops it, and one task that never returns.
#[on_shutdown::main(settings = Settings::new().exit_mode(ExitMode::Return))]
async fn return_blocked_task() {
    tokio::spawn(async {
        let _poison = PanicsInDrop;
        std::future::pending::<()>().await;
    });
    tokio::task::spawn_blocking(|| {
        loop {
            std::thread::park();
        }
    });
    tokio::task::yield_now().await;
}

/// No descriptor is left for the pipe of the signal handlers. The limit is set here, because the dynamic linker needs
/// descriptors too.
fn refused_by_the_system() -> ExitCode {
    use nix::sys::resource::{Resource, setrlimit};
    setrlimit(Resource::RLIMIT_NOFILE, 3, 3).expect("a limit may be lowered");
    returned()
}

/// The second argument is the number of descriptors. An async runtime needs more of them than the install.
fn few_descriptors() -> ExitCode {
    use nix::sys::resource::{Resource, setrlimit};
    let count = std::env::args().nth(2).and_then(|count| count.parse().ok()).expect("a number of descriptors");
    setrlimit(Resource::RLIMIT_NOFILE, count, count).expect("a limit may be lowered");
    async_returned()
}

/// A hook sends two SIGINTs, as a person does who does not wait.
#[on_shutdown::main(grace_period = "60s")]
fn forces_itself() {
    use nix::sys::signal::{Signal, raise};
    let settings = HookSettings::new().phase(Phase::Close).timeout(Duration::from_secs(30));
    let forces = on_shutdown::register("forces", settings, |context| async move {
        // Within a second of the trigger, it would count as the same request.
        tokio::time::sleep(Duration::from_millis(1100)).await;
        raise(Signal::SIGINT).expect("it is a signal");
        context.fast_shutdown().await;
        raise(Signal::SIGINT).expect("it is a signal");
        std::future::pending::<()>().await;
    });
    forces.expect("it is early enough");
}

#[on_shutdown::main]
fn hook_failed_with_causes() {
    use anyhow::Context;
    let fails = |_| Err::<(), _>(anyhow::anyhow!("disk full")).context("writing orders");
    register_sync("fails", HookSettings::new(), fails).expect("it is early enough");
}

/// Uses text that would break a line or clear the terminal, everywhere that text of the program becomes part of a line.
#[on_shutdown::main]
fn control_characters() {
    const TEXT: &str = "one\ntwo\x1b[2J";
    let settings = || HookSettings::new().phase(Phase::Close);
    register_sync(format!("fails_{TEXT}"), settings(), |_| Err::<(), _>(TEXT)).expect("it is early enough");
    let panics = |_| -> Result<(), String> { panic!("{TEXT}") };
    register_sync("panics", settings(), panics).expect("it is early enough");
    let hangs = |_| -> Result<(), String> {
        loop {
            std::thread::park();
        }
    };
    let name = format!("hangs_{TEXT}");
    register_sync(name, settings().timeout(Duration::from_millis(50)), hangs).expect("it is early enough");
    std::panic::set_hook(Box::new(|_| {}));
    on_shutdown::request_shutdown(TEXT).expect("it is installed");
    loop {
        std::thread::park();
    }
}

/// A hook hangs whose name alone fills a line of almost 4 KiB. The first line of this program on stderr is the one
/// about that timeout. If the second argument is `no-descriptors`, the program has used up its descriptors by then.
#[on_shutdown::main(quiet = true)]
fn long_line() {
    let hangs = |_| -> Result<(), String> {
        loop {
            std::thread::park();
        }
    };
    let settings = HookSettings::new().phase(Phase::Stop).timeout(Duration::from_millis(50));
    register_sync("x".repeat(3800), settings, hangs).expect("it is early enough");
    if std::env::args().nth(2).as_deref() == Some("no-descriptors") {
        use nix::sys::resource::{Resource, setrlimit};
        setrlimit(Resource::RLIMIT_NOFILE, 64, 64).expect("a limit may be lowered");
        while let Ok(file) = std::fs::File::open("/dev/null") {
            std::mem::forget(file);
        }
    }
}
