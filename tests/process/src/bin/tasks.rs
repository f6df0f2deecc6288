//! Has tasks that fail, panic or end, in the way that the argument names.

use std::fmt;
use std::future::{Future, pending};
use std::pin::pin;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::OnceLock;
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

use on_shutdown::{ExitMode, HookSettings, Phase, Settings, Task};
use on_shutdown::{draining, is_draining, on_shutdown, register, register_sync, spawn};
use tokio::task::LocalSet;
use tokio::time::sleep;

#[on_shutdown]
fn stop() {
    println!("stopped");
}

#[on_shutdown(phase = close)]
async fn close() {
    println!("closed");
}

/// What [`goes_on`] starts.
static SCENARIO: OnceLock<fn()> = OnceLock::new();

/// Starts the scenario in an async `main` that never asks when to stop.
#[on_shutdown::main]
async fn goes_on() {
    if let Some(start) = SCENARIO.get() {
        start();
    }
    println!("ready");
    pending().await
}

fn fails() {
    spawn("server", |draining| async {
        draining.await;
        println!("server drained");
    });
    spawn("consumer", |_| async { Err::<(), _>(anyhow::anyhow!("connection reset").context("reading orders")) });
}

fn panics() {
    // A task without end has the type `!`.
    spawn("consumer", |_| async { panic!("no such column") });
}

fn ends() {
    spawn("consumer", |_| async {});
}

fn may_end() {
    Task::new("import").may_end().spawn(|_| async { Ok::<_, String>(12) });
    Task::new("index").may_end().spawn(|_| async {});
}

fn may_end_and_fails() {
    Task::new("import").may_end().spawn(|_| async { Err::<(), _>("no such file") });
}

/// Several failures, in an order that is certain.
fn several() {
    let first = spawn("first", |_| async { Err::<(), _>("1") });
    spawn("second", |_| async {
        // A handle gets the output, too.
        let output = first.await.expect("it has ended");
        println!("the handle got {output:?}");
        panic!("2")
    });
}

/// Several failures while the program drains, and a task that never ends.
fn collects() {
    for name in ["first", "second"] {
        spawn(name, move |draining| async move {
            draining.await;
            panic!("{name} has panicked")
        });
    }
    spawn("third", |draining| async {
        draining.await;
        Err::<(), _>("no answer")
    });
    spawn("endless", |_| async { pending::<()>().await });
}

/// A hook of the drain phase spawns a task, which is told at once that the program drains.
fn spawns_late() {
    let spawns = async |_| {
        spawn("late", |draining| async {
            draining.await;
            println!("the late task was told at once");
            sleep(Duration::from_millis(50)).await;
            println!("the late task has ended");
        });
    };
    let drain = HookSettings::new().phase(Phase::Drain);
    register("spawns", drain, spawns).expect("in time");
    // On the runtime of the program, which goes on.
    let runtime = tokio::runtime::Handle::current();
    let sync = move |_| {
        let _entered = runtime.enter();
        spawn("later", |draining| async {
            draining.await;
            sleep(Duration::from_millis(50)).await;
            println!("the task of a sync hook has ended");
        });
    };
    register_sync("spawns, too", HookSettings::new().phase(Phase::Drain), sync).expect("in time");
}

fn requests_and_ends() {
    spawn("batch", |_| async { on_shutdown::request_shutdown("all is done") });
}

fn fails_while_draining() {
    spawn("consumer", |draining| async {
        draining.await;
        Err::<(), _>("the last batch was refused")
    });
}

fn panics_while_draining() {
    spawn("consumer", |draining| async {
        draining.await;
        panic!("the last batch was refused")
    });
}

fn ends_while_leaving() {
    spawn("heartbeat", |_| on_shutdown::leaving());
}

fn takes_its_time() {
    spawn("consumer", |draining| async {
        draining.await;
        sleep(Duration::from_millis(300)).await;
        println!("consumer done");
    });
}

fn hangs() {
    spawn("consumer", |_| pending::<()>());
}

fn aborted() {
    let handle = spawn("consumer", |_| pending::<()>());
    handle.abort();
    spawn("watch", move |draining| async move {
        println!("aborted: {}", handle.await.is_err_and(|error| error.is_cancelled()));
        draining.await;
    });
}

fn blocks() {
    Task::new("encoder").spawn_blocking(|| {
        while !is_draining() {
            thread::sleep(Duration::from_millis(1));
        }
        println!("encoder done");
    });
    thread::spawn(Task::new("watcher").wrap_fn(|| {
        while !is_draining() {
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_millis(300));
        println!("watcher done");
    }));
}

fn blocking_fails() {
    Task::new("encoder").spawn_blocking(|| Err::<(), _>("no such codec"));
}

fn thread_panics() {
    thread::spawn(Task::new("watcher").wrap_fn(|| panic!("the disk is gone")));
}

/// An error whose text is user code that panics.
struct Panicky;

impl fmt::Debug for Panicky {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("no text")
    }
}

fn error_panics() {
    spawn("consumer", |_| async { Err::<(), _>(Panicky) });
}

/// A thread without a runtime of its own spawns on the runtime of `main`.
fn from_a_thread() {
    let spawned = thread::spawn(|| spawn("consumer", |_| async { Err::<(), _>("connection reset") }));
    drop(spawned.join().expect("it does not panic"));
}

/// A thread without a runtime polls a set of local tasks. A task of the set spawns on the runtime of `main`, too.
fn from_a_local_set() {
    let polled = thread::spawn(|| {
        let mut set = pin!(LocalSet::new());
        set.spawn_local(async { drop(spawn("consumer", |_| async { Err::<(), _>("connection reset") })) });
        assert!(set.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
    });
    polled.join().expect("it does not panic");
}

#[on_shutdown::main]
fn without_a_runtime() {
    spawn("consumer", |_| async {});
}

#[on_shutdown::main(flavor = "current_thread")]
async fn local() {
    LocalSet::new()
        .run_until(async {
            let shared = Rc::new(());
            Task::new("plugin").spawn_local(|_| async move {
                drop(shared);
                Err::<(), _>("the plugin is gone")
            });
            pending().await
        })
        .await
}

/// The usual `main`: awaits its task, and saves.
#[on_shutdown::main]
async fn awaits() {
    let task = spawn("consumer", |draining| async {
        println!("ready");
        draining.await;
        Ok::<_, String>(7)
    });
    println!("{:?}", task.await);
    sleep(Duration::from_millis(300)).await;
    println!("saved");
}

/// The same without a spawn. Only a task of the consumer awaits the signal, so `main` itself does not ask when to stop.
#[on_shutdown::main]
async fn awaits_wrapped() {
    let consumer = Task::new("consumer").wrap(|draining| tokio::spawn(draining));
    let (ended, ()) = tokio::join!(biased; consumer, async { println!("ready") });
    ended.expect("the consumer does not panic");
    sleep(Duration::from_millis(300)).await;
    println!("saved");
}

#[on_shutdown::main(drain_delay = "2s")]
async fn fails_with_a_delay() {
    spawn("server", |_| async {
        on_shutdown::leaving().await;
        println!("draining at once: {}", is_draining());
        draining().await;
    });
    spawn("consumer", |_| async { Err::<(), _>("connection reset") });
    pending().await
}

/// The task has failed when the shutdown is installed.
fn before_the_install() -> ExitCode {
    let task = thread::spawn(Task::new("early").wrap_fn(|| Err::<(), _>("no such file")));
    let _ = task.join();
    println!("failed");
    let guard = Settings::new().exit_mode(ExitMode::Return).install().expect("the settings are right");
    ExitCode::from(guard.wait().exit_code)
}

fn without_an_install() {
    let task = thread::spawn(Task::new("lonely").wrap_fn(|| Err::<(), _>("no such file")));
    let _ = task.join();
    println!("goes on");
}

fn main() -> ExitCode {
    let scenario = std::env::args().nth(1).unwrap_or_default();
    let start: fn() = match &*scenario {
        "fails" => fails,
        "panics" => panics,
        "ends" => ends,
        "may-end" => may_end,
        "may-end-and-fails" => may_end_and_fails,
        "several" => several,
        "collects" => collects,
        "spawns-late" => spawns_late,
        "requests-and-ends" => requests_and_ends,
        "fails-while-draining" => fails_while_draining,
        "panics-while-draining" => panics_while_draining,
        "ends-while-leaving" => ends_while_leaving,
        "takes-its-time" => takes_its_time,
        "hangs" => hangs,
        "aborted" => aborted,
        "blocks" => blocks,
        "blocking-fails" => blocking_fails,
        "thread-panics" => thread_panics,
        "error-panics" => error_panics,
        "from-a-thread" => from_a_thread,
        "from-a-local-set" => from_a_local_set,
        "without-a-runtime" => return without_a_runtime(),
        "local" => return local(),
        "awaits" => return awaits(),
        "awaits-wrapped" => return awaits_wrapped(),
        "fails-with-a-delay" => return fails_with_a_delay(),
        "before-the-install" => return before_the_install(),
        "without-an-install" => {
            without_an_install();
            return ExitCode::SUCCESS;
        }
        other => panic!("what is {other:?}?"),
    };
    SCENARIO.get_or_init(|| start);
    goes_on()
}
