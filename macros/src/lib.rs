//! An attribute and the function under it come in; the function and its registration with `on-shutdown` go out.
//!
//! Use the crate `on-shutdown`, which exports both attributes; their documentation is written for that name.

mod args;
mod declaration;
mod duration;
mod errors;
mod expand;
mod function;
mod main_fn;
mod nearest;

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;

use args::Args;
use declaration::Declaration;
use errors::Errors;
use function::Function;

/// Runs a function when the program shuts down.
///
/// # Guarantee
/// The function stays what it was and can still be called. Besides, it is a hook of every program that the crate is
/// linked into: at shutdown it is called once, in its place in the order, and its outcome is in the report. It is
/// skipped, and the report says why, when a value for a parameter is missing or a hook that it comes after was
/// abandoned.
///
/// # Settings
/// | setting | value | default | meaning |
/// |---|---|---|---|
/// | `phase` | `deregister`, `drain`, `stop`, `close` or `flush` | `stop` | what kind of work it is; phases run in this order |
/// | `priority` | constant `i32` expression | `0` | higher runs first, inside the phase; equal ones run concurrently |
/// | `timeout` | `"500ms"`, `"5s"`, `"1m30s"`, or a constant `Duration` expression | up to 5 s | how long it may take, counted from its own start; never zero |
/// | `after` | list of paths of hooks, `[flush_orders, orders::close]` | `[]` | starts only when these have ended |
/// | `crate` | path | `::on_shutdown` | where the runtime crate is, when it was renamed or re-exported |
///
/// # The function
/// A free `fn` or `async fn` that returns `()` or a `Result` whose error has `Display`. An `async fn` is dropped at
/// its timeout; its future is `Send`. A sync `fn` may block.
///
/// A hook with a written timeout gets that time, as long as the written timeouts of all hooks fit into the grace period.
/// A hook without one shares what they leave: up to 5 s, and in a plan that fits at least 1 s, or a tenth of the usable
/// time if that is less. `ON_SHUTDOWN=plan` shows each hook's time.
///
/// # Tasks that a hook spawns
/// An async hook runs in a tokio runtime of its own. When its future has ended, the hook waits for the tasks that it
/// spawned with `tokio::spawn` and did not await: up to 250 ms, and never beyond its timeout. The hook then drops the
/// tasks that have not ended, and the report says `left 1 task unfinished`. If you need a task's work, await its
/// `JoinHandle` in the hook.
///
/// Each parameter is a value given before with `provide`, found by its type, which is `Clone + Send + Sync + 'static`:
/// `T` gets a clone, `&T` is lent one, `Option<T>` is `None` where nothing was provided.
///
/// # Errors
/// All mistakes of one attribute are reported at once, each at its own place with what to write instead: methods,
/// generic parameters, `const`, `extern` and `unsafe` functions, unknown and repeated settings, lengths of time that
/// are none or zero, types that cannot be returned or provided, an `after` that is not a hook. A circle of `after` is
/// found at install.
///
/// Two mistakes only the compiler can see, so the words are its own. An associated function without `self`: ``enum is
/// not supported in `trait`s or `impl`s``; write it outside the `impl`. An `after` that names a function without the
/// attribute: ``expected type, found function``. Both follow from the hidden type of the same name that stands beside
/// each hook, which is also why a hook and a type or module of one name cannot share a module.
///
/// The crate is of edition 2018 or later.
///
/// # Examples
/// ```text
/// #[on_shutdown]
/// fn stop_workers(workers: Workers) { workers.stop() }
///
/// #[on_shutdown(phase = close, priority = 10, timeout = "2s", after = [stop_workers])]
/// async fn close_pool(pool: &PgPool) -> anyhow::Result<()> { .. }
/// ```
#[proc_macro_attribute]
pub fn on_shutdown(args: TokenStream, item: TokenStream) -> TokenStream {
    hook(args.into(), item.into()).into()
}

/// Installs the shutdown around `main`, and ends the program with the exit code of its report.
///
/// # Guarantee
/// The signal handlers are there before the body's first line and before any async runtime is built. Whatever ends the
/// body, be it a return, an error, a panic or a signal, the hooks run and the process ends before the deadline.
///
/// # Settings
/// | setting | value | default | meaning |
/// |---|---|---|---|
/// | `grace_period` | `"25s"`, or a constant `Duration` expression | `ON_SHUTDOWN_GRACE_PERIOD`, else the platform's | time from the trigger to the platform's SIGKILL; never zero |
/// | `drain_delay` | the same; may be `"0s"` | the runtime's | how long the program still serves after it said that it leaves |
/// | `signals` | list of names and numbers, `[SIGTERM, SIGINT, 37]` | `[SIGTERM, SIGINT]` | what triggers a shutdown |
/// | `escalate_on_any` | `bool` expression | `false` | a repeat of any signal hurries, not only of SIGINT |
/// | `signal_exit_code` | `bool` expression | `false` | exit code 128 + n after a clean stop by signal n |
/// | `handle_ignored_signals` | `bool` expression | `false` | handle signals that were ignored when the program started |
/// | `quiet` | `bool` expression | `false` | nothing on stderr at install and after a clean end; trouble is said all the same |
/// | `settings` | an expression of type `Settings` | `Settings::new()` | what the other settings are added to: for what has no name here, such as changes of a dependency's hooks |
/// | `flavor` | `"multi_thread"` or `"current_thread"` | `"multi_thread"` | the tokio runtime of an `async fn` |
/// | `worker_threads` | constant `usize` expression, from 1 | one per CPU | of the multi-thread runtime of an `async fn` |
/// | `crate` | path | `::on_shutdown` | where the runtime crate is, when it was renamed or re-exported |
///
/// # The function
/// An `fn` or `async fn` without parameters that returns `()`, an `ExitCode`, `!`, or a `Result` of one of these whose
/// error has `Debug`. The future of an `async fn` need not be `Send`.
///
/// # Errors
/// All mistakes of one attribute are reported at once, each at its own place with what to write instead.
///
/// # Examples
/// ```text
/// #[on_shutdown::main]
/// async fn main() {}
///
/// #[on_shutdown::main(grace_period = "25s", drain_delay = "5s", signals = [SIGTERM, SIGINT, SIGQUIT])]
/// async fn main() -> anyhow::Result<()> { .. }
/// ```
#[proc_macro_attribute]
pub fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    main_fn::main(args.into(), item.into()).into()
}

/// The user's function comes first and is always there, so that nothing that calls it is an error too.
fn hook(args: Tokens, item: Tokens) -> Tokens {
    let mut errors = Errors::default();
    let args = Args::parse(args, &declaration::WORDS, &mut errors);
    let expanded = Function::parse(item.clone(), "#[on_shutdown]", &mut errors).map(|function| {
        let hook = Declaration::settle(args, function, &mut errors);
        if errors.is_empty() {
            [expand::quiet(&hook), item.clone(), expand::expand(&hook)].into_iter().collect()
        } else if hook.function.is_method() {
            item.clone()
        } else if hook.function.is_main() {
            main_fn::unused(&hook.function)
        } else {
            [item.clone(), expand::expand_name(&hook)].into_iter().collect()
        }
    });
    [expanded.unwrap_or(item), errors.to_tokens()].into_iter().collect()
}
