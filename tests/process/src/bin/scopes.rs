//! Stops parts of the program, in the way that the argument names.

use std::fs;
use std::future::pending;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use on_shutdown::{HookSettings, Outcome, Phase, Report, Scope, ScopeError, is_ready, on_shutdown, request_shutdown};
use tokio::time::sleep;

#[on_shutdown(phase = drain)]
fn process_drain() {
    println!("process drain");
}

#[on_shutdown]
fn process_stop() {
    println!("process stop");
}

#[on_shutdown(phase = close)]
async fn process_close() {
    println!("process close");
}

/// Registers hooks that print their names, in an order that is not that of the phases.
fn register_hooks(scope: &Scope) {
    for phase in [Phase::Close, Phase::Deregister, Phase::Flush, Phase::Drain] {
        let name = format!("{phase}");
        let line = format!("{} {phase}", scope.path());
        let settings = HookSettings::new().phase(phase);
        if phase == Phase::Flush {
            scope.register_sync(name, settings, move |_| println!("{line}")).expect("in time");
        } else {
            scope.register(name, settings, async move |_| println!("{line}")).expect("in time");
        }
    }
}

/// Spawns a task that serves until the scope drains.
fn spawn_server(scope: &Scope) {
    let path = scope.path().to_owned();
    scope.spawn("server", |draining| async move {
        draining.await;
        println!("{path} server drained");
    });
}

fn print(what: &str, report: &Report) {
    let hooks = report.hooks.iter().map(|hook| format!("{} {}", hook.name, hook.outcome.name()));
    let hooks: Vec<String> = hooks.collect();
    println!("{what}: exit code {}, {}; {}", report.exit_code, report.trigger, hooks.join(", "));
}

/// A listener that is stopped and started again, while the process goes on.
async fn alone() {
    let scope = Scope::new("listener");
    register_hooks(&scope);
    spawn_server(&scope);
    println!("before: {}", scope.is_ready());
    let report = scope.shut_down().await.expect("from outside");
    print("report", &report);
    println!("after: {}, process {}", scope.is_ready(), is_ready());
    let scope = Scope::new("listener");
    scope.register_sync("again", HookSettings::new(), |_| println!("the new one")).expect("in time");
    spawn_server(&scope);
    goes_on().await;
}

async fn goes_on() {
    println!("ready");
    pending().await
}

/// The process stops with all its scopes.
async fn included() {
    let tenants = Scope::new("tenants");
    let acme = tenants.scope("acme");
    for scope in [&tenants, &acme] {
        register_hooks(scope);
        spawn_server(scope);
    }
    // Nobody keeps them.
    drop((tenants, acme));
    goes_on().await;
}

async fn nested() {
    let tenants = Scope::new("tenants");
    let (acme, other) = (tenants.scope("acme"), tenants.scope("other"));
    for scope in [&acme, &tenants, &other] {
        register_hooks(scope);
        spawn_server(scope);
    }
    print("acme", &acme.shut_down().await.expect("from outside"));
    println!("between: {} {}", tenants.is_ready(), other.is_ready());
    let stopped = tenants.shut_down();
    print("other", &other.ended().await.expect("it ends"));
    print("tenants", &stopped.await.expect("from outside"));
    goes_on().await;
}

/// The outer scope stops what belonged to inner ones that nobody keeps: one with a task, which refers to its scope, and
/// one that is gone.
async fn dropped() {
    let outer = Scope::new("outer");
    let (inner, gone) = (outer.scope("inner"), outer.scope("gone"));
    register_hooks(&inner);
    register_hooks(&gone);
    spawn_server(&inner);
    drop((inner, gone));
    print("outer", &outer.shut_down().await.expect("from outside"));
    goes_on().await;
}

async fn failure_stops_the_process() {
    let scope = Scope::new("listener");
    register_hooks(&scope);
    spawn_server(&scope);
    scope.spawn("accept", |_| async { Err::<(), _>("no descriptor") });
    pending().await
}

/// Each failure stops the scope, which is started again. The process goes on.
async fn contained() {
    for round in 0..3 {
        let scope = Scope::new("listener").contain_failures();
        let inner = scope.scope("inner");
        register_hooks(&inner);
        spawn_server(&scope);
        inner.spawn("accept", move |_| async move {
            match round {
                0 => Err("no descriptor"),
                1 => panic!("no such column"),
                _ => Ok(()),
            }
        });
        print(&format!("round {round}"), &scope.ended().await.expect("it ends"));
        println!("process {}", is_ready());
    }
    goes_on().await;
}

async fn failure_while_stopping() {
    let scope = Scope::new("listener");
    register_hooks(&scope);
    scope.spawn("accept", |draining| async {
        draining.await;
        Err::<(), _>("the socket is gone")
    });
    print("report", &scope.shut_down().await.expect("from outside"));
    println!("process {}", is_ready());
    goes_on().await;
}

/// The scope's own work asks for the end.
async fn inside() {
    let scope = Scope::new("listener");
    register_hooks(&scope);
    let of_hook = scope.clone();
    let of_sync_hook = scope.clone();
    let hook = async move |_| println!("hook: {:?}", of_hook.shut_down().await.map(|_| ()));
    scope.register("asks", HookSettings::new(), hook).expect("in time");
    let sync_hook = move |_| {
        let stopped = pin!(of_sync_hook.shut_down());
        let noop = &mut std::task::Context::from_waker(std::task::Waker::noop());
        println!("sync hook: {:?}", stopped.poll(noop).map(|result| result.map(|_| ())));
    };
    scope.register_sync("asks at once", HookSettings::new(), sync_hook).expect("in time");
    let outer = scope.clone();
    let inner = scope.scope("inner");
    inner.spawn("task", |draining| async move {
        println!("task: {}", outer.shut_down().await.expect_err("it would wait for itself"));
        println!("still serves: {}", outer.is_ready());
        outer.request_shutdown("the task is done").expect("the process runs");
        draining.await;
    });
    print("report", &scope.ended().await.expect("it ends"));
    goes_on().await;
}

async fn twice() {
    let scope = Scope::new("listener");
    register_hooks(&scope);
    let (first, second) = (scope.shut_down(), scope.clone().shut_down());
    let (first, second) = tokio::join!(first, second);
    let third = scope.shut_down().await;
    scope.request_shutdown("too late").expect("nothing to do");
    let reports = [first, second, third].map(|report| report.expect("from outside"));
    let [first, rest @ ..] = &reports;
    print("report", first);
    println!("the same: {}", rest.iter().all(|report| report.triggered_at == first.triggered_at));
    goes_on().await;
}

/// Nobody waits for the shutdown.
async fn detached() {
    let scope = Scope::new("listener");
    let (sender, ended) = channel();
    scope
        .register_sync("say", HookSettings::new(), move |_| sender.send(()).expect("somebody listens"))
        .expect("early");
    drop(scope.shut_down());
    tokio::task::spawn_blocking(move || ended.recv().expect("the hook runs")).await.expect("no panic");
    println!("the hook ran");
    goes_on().await;
}

/// The process stops first.
async fn process_first() {
    let scope = Scope::new("listener");
    register_hooks(&scope);
    let asked = scope.clone();
    let asks = async move |_| {
        println!("asked: {}", asked.shut_down().await.expect_err("the process stops"));
        println!("asked: {}", asked.request_shutdown("no").expect_err("the process stops"));
        println!("leaving: {} {}", asked.is_ready(), asked.is_draining());
    };
    on_shutdown::register("asks", HookSettings::new().phase(Phase::Deregister), asks).expect("in time");
    let asked = scope.clone();
    let asks = move |_| println!("draining: {} {}", asked.is_ready(), asked.is_draining());
    on_shutdown::register_sync("asks again", HookSettings::new(), asks).expect("in time");
    goes_on().await;
}

/// The process is stopped while the scope is being stopped. Its drain phase waits for the scope, in which it is not yet too
/// late for a hook of an earlier phase.
async fn process_meanwhile() {
    let scope = Scope::new("listener");
    register_hooks(&scope);
    let adds = scope.clone();
    let waits = async move |_| {
        println!("ready");
        on_shutdown::draining().await;
        sleep(Duration::from_millis(100)).await;
        let later = HookSettings::new().phase(Phase::Deregister).priority(-1);
        adds.register_sync("later", later, |_| println!("listener later")).expect("its group has not begun");
        println!("the hook has ended");
    };
    scope.register("waits", HookSettings::new().phase(Phase::Deregister), waits).expect("in time");
    drop(scope.shut_down());
    pending().await
}

/// Hooks and work that do not end.
async fn overdue() {
    let scope = Scope::new("listener").grace_period(Duration::from_secs(2)).expect("long enough");
    let timeout = |phase| HookSettings::new().phase(phase).timeout(Duration::from_millis(100));
    scope.register("waits", timeout(Phase::Deregister), async |_| pending::<()>().await).expect("in time");
    scope.register_sync("blocks", timeout(Phase::Stop), |_| std::thread::park()).expect("in time");
    scope.register("panics", timeout(Phase::Stop), async |_| assert!(!is_ready(), "on purpose")).expect("in time");
    scope.register_sync("last", timeout(Phase::Close), |_| println!("the last hook")).expect("in time");
    let request = scope.in_flight("request");
    let report = scope.shut_down().await.expect("from outside");
    print("report", &report);
    println!("work: {:?}", report.in_flight.iter().map(|work| (&*work.name, work.count)).collect::<Vec<_>>());
    println!("in time: {}, budget {:?}", report.duration < report.budget, report.budget);
    let inner = Scope::new("outer").grace_period(Duration::from_secs(3)).expect("long enough").scope("inner");
    println!("inherited: {:?}", inner.shut_down().await.expect("from outside").budget);
    let of_process = Scope::new("other").shut_down().await.expect("from outside");
    println!("of the process: {:?}", of_process.budget);
    println!("too short: {}", Scope::new("other").grace_period(Duration::ZERO).expect_err("no time is left"));
    drop(request);
    // The thread is still blocked: the end must not wait for it.
    request_shutdown("all was seen").expect("it is installed");
    pending().await
}

/// Hooks that come and go.
async fn registrations() {
    let scope = Scope::new("listener");
    let print_line = |line: &'static str| move |_| println!("{line}");
    let removed = scope.register_sync("removed", HookSettings::new(), print_line("removed")).expect("in time");
    let guarded =
        scope.register_sync("guarded", HookSettings::new(), print_line("guarded")).expect("in time").into_guard();
    let first = scope.register_sync("first", HookSettings::new(), print_line("first")).expect("in time");
    let after = HookSettings::new().after(&first);
    scope.register_sync("second", after, print_line("second")).expect("in time");
    println!("removed: {}", removed.unregister());
    drop(guarded);
    // Its guard is dropped during the shutdown.
    let skipped = HookSettings::new().phase(Phase::Flush);
    let skipped = scope.register_sync("skipped", skipped, print_line("skipped")).expect("in time").into_guard();
    let (adds, too_late) = (scope.clone(), scope.clone());
    let hook = move |_| {
        drop(skipped);
        let late = HookSettings::new().phase(Phase::Close);
        let late = adds.register_sync("late", late, |_| println!("late"));
        println!("late: {}", late.is_ok());
        let earlier = adds.register_sync("earlier", HookSettings::new().phase(Phase::Deregister), |_| ());
        println!("earlier: {}", earlier.expect_err("its phase is over"));
    };
    scope.register_sync("adds", HookSettings::new(), hook).expect("in time");
    print("report", &scope.shut_down().await.expect("from outside"));
    let error = too_late.register_sync("too late", HookSettings::new(), |_| ());
    println!("after the end: {}", error.expect_err("the scope has ended"));
    println!("first again: {}", first.unregister());
    goes_on().await;
}

/// What is made in a scope that has ended, or inside one that is being stopped, ends at once.
async fn too_late() {
    let scope = Scope::new("listener");
    let (maker, (sender, made)) = (scope.clone(), channel());
    let makes = move |_| {
        let inner = maker.scope("inner");
        println!("inner: {} {}", inner.is_ready(), inner.is_draining());
        inner
            .register_sync("close", HookSettings::new().phase(Phase::Close), |_| println!("inner close"))
            .expect("its phase is not over");
        sender.send(inner).expect("main receives it");
    };
    scope.register_sync("makes", HookSettings::new(), makes).expect("in time");
    print("report", &scope.shut_down().await.expect("from outside"));
    print("inner", &made.recv().expect("it was made").shut_down().await.expect("it has ended"));
    let late = scope.scope("late");
    print("late", &late.shut_down().await.expect("it has ended"));
    println!("hook of late: {}", late.register_sync("x", HookSettings::new(), |_| ()).expect_err("it has ended"));
    scope.spawn("task", |draining| draining).await.expect("no panic");
    scope.spawn("fails", |_| async { Err::<(), _>("too late") }).await.expect("no panic").expect_err("it fails");
    println!("process {}", is_ready());
    // A `main` that awaits a server or a task is work in flight of the process.
    scope.serve("server", |draining| draining).await;
    println!("ready");
    on_shutdown::draining().await;
}

/// Many scopes leave nothing behind, not even those that the program keeps after their end.
async fn many() {
    let open = || fs::read_dir("/proc/self/fd").expect("Linux").count();
    let threads = || fs::read_dir("/proc/self/task").expect("Linux").count();
    let outer = Scope::new("outer");
    let once = async |number: usize| {
        let scope = outer.scope("connection");
        register_hooks(&scope);
        let kept = Arc::new(());
        let in_hook = Arc::clone(&kept);
        scope.register("keeps", HookSettings::new(), async move |_| drop(in_hook)).expect("in time");
        spawn_server(&scope);
        let report = scope.shut_down().await.expect("from outside");
        assert!(report.hooks.iter().all(|hook| hook.outcome == Outcome::Completed), "{report}");
        assert_eq!(Arc::strong_count(&kept), 1, "round {number}");
        scope
    };
    let mut ended = vec![once(0).await];
    let before = (open(), threads());
    for number in 1..=200 {
        ended.push(once(number).await);
    }
    // The threads of the last shutdowns may be ending.
    let mut after = (open(), threads());
    for _ in 0..100 {
        if after.0 <= before.0 && after.1 <= before.1 {
            break;
        }
        sleep(Duration::from_millis(50)).await;
        after = (open(), threads());
    }
    println!("nothing left: {}", after.0 <= before.0 && after.1 <= before.1);
    println!("{before:?} {after:?}");
    goes_on().await;
}

/// The system refuses descriptors. The scope goes on, and can be stopped later.
async fn refused() {
    let scope = Scope::new("listener");
    register_hooks(&scope);
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("there is a limit");
    setrlimit(Resource::RLIMIT_NOFILE, 3, hard).expect("it may be lowered");
    let error = scope.shut_down().await;
    setrlimit(Resource::RLIMIT_NOFILE, soft, hard).expect("it may be raised again");
    println!("refused: {}", matches!(&error, Err(ScopeError::System { scope, .. }) if scope == "listener"));
    println!("still serves: {}", scope.is_ready());
    print("report", &scope.shut_down().await.expect("the system grants it"));
    goes_on().await;
}

/// Blocking work and threads of a scope, and its other questions.
async fn blocks() {
    let scope = Scope::new("encoder");
    let (asks, of_thread) = (scope.clone(), scope.clone());
    scope.task("blocking").spawn_blocking(move || {
        while !asks.is_draining() {
            std::thread::sleep(Duration::from_millis(1));
        }
        println!("blocking work has ended");
    });
    std::thread::spawn(scope.task("thread").wrap_fn(move || {
        while of_thread.is_ready() {
            std::thread::sleep(Duration::from_millis(1));
        }
        println!("the thread has ended");
    }));
    let leaving = scope.leaving();
    scope.register("leave", HookSettings::new().phase(Phase::Deregister), async |_| leaving.await).expect("in time");
    let (tracked, in_flight) = (scope.track("mail", async { println!("mail sent") }), scope.in_flight("request"));
    let stopped = scope.shut_down();
    scope.draining().await;
    tracked.await;
    drop(in_flight);
    let report = stopped.await.expect("from outside");
    print("report", &report);
    println!("most in flight: {:?}", report.in_flight_samples.iter().map(|sample| sample.count).max());
    // This `main` has asked, and is work in flight of the process.
    println!("ready");
    on_shutdown::draining().await;
}

/// A `main` that waits for scopes is no work in flight: it never asks when to stop.
async fn main_waits() {
    let scope = Scope::new("listener");
    let _ = scope.shut_down().await;
    println!("ready");
    let forever = Scope::new("other");
    let _ = forever.ended().await;
}

#[tokio::main]
async fn without_an_install() {
    let scope = Scope::new("listener");
    register_hooks(&scope);
    spawn_server(&scope);
    print("report", &scope.shut_down().await.expect("from outside"));
}

#[on_shutdown::main]
async fn installed() {
    match &*std::env::args().nth(1).unwrap_or_default() {
        "alone" => alone().await,
        "included" => included().await,
        "nested" => nested().await,
        "dropped" => dropped().await,
        "failure-stops-the-process" => failure_stops_the_process().await,
        "contained" => contained().await,
        "failure-while-stopping" => failure_while_stopping().await,
        "inside" => inside().await,
        "twice" => twice().await,
        "detached" => detached().await,
        "process-first" => process_first().await,
        "process-meanwhile" => process_meanwhile().await,
        "overdue" => overdue().await,
        "registrations" => registrations().await,
        "too-late" => too_late().await,
        "many" => many().await,
        "refused" => refused().await,
        "blocks" => blocks().await,
        "main-waits" => main_waits().await,
        other => panic!("what is {other:?}?"),
    }
}

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("without-an-install") {
        without_an_install();
        return ExitCode::SUCCESS;
    }
    installed()
}
