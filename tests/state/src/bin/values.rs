//! Declares hooks that take values in every possible way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use on_shutdown::{HookContext, on_shutdown, provide, replace_provided};

#[derive(Clone)]
struct Name(&'static str);

/// Has the same content, but is another type.
#[derive(Clone)]
struct Alias(&'static str);

#[derive(Clone)]
struct Never;

/// Provided as `Some(Wrapped)`, which means the same for an optional parameter.
#[derive(Clone)]
struct Wrapped;

#[derive(Clone)]
struct Replaced(u32);

/// Provided during the shutdown.
#[derive(Clone)]
struct Late;

/// Generic types are types like others.
type Shared<T> = Arc<Vec<T>>;

#[on_shutdown(priority = 9)]
fn by_value(name: Name, alias: Alias) {
    println!("by value: {} {}", name.0, alias.0);
}

#[on_shutdown(priority = 8)]
fn by_reference(name: &Name, count: &Arc<AtomicU32>) {
    println!("by reference: {} {}", name.0, count.load(Ordering::SeqCst));
}

#[on_shutdown(priority = 7)]
async fn by_reference_across_an_await(name: &Name, mut alias: Alias) {
    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    alias.0 = "changed";
    println!("across an await: {} {}", name.0, alias.0);
}

#[on_shutdown(priority = 6)]
fn optional(name: Option<Name>, never: Option<Never>, wrapped: Option<Wrapped>) {
    println!("optional: {} {} {}", name.is_some(), never.is_some(), wrapped.is_some());
}

#[on_shutdown(priority = 5)]
fn generic(words: Shared<&'static str>, numbers: &Shared<u8>) {
    println!("generic: {} {}", words.len(), numbers.len());
}

#[on_shutdown(priority = 4)]
fn replaced(value: Replaced) {
    println!("replaced: {}", value.0);
}

#[on_shutdown(priority = 3)]
async fn mixed(_context: &HookContext, name: Name, never: Option<Never>) {
    println!("mixed: {} {}", name.0, never.is_none());
}

#[on_shutdown(priority = 2)]
fn missing(_name: Name, _never: Never) {
    println!("missing: must not be seen");
}

#[on_shutdown(priority = 2)]
async fn missing_reference(_never: &Never) {
    println!("missing: must not be seen");
}

#[on_shutdown(priority = 1)]
fn provides_late() {
    provide(Late).expect("the first");
}

#[on_shutdown(phase = close)]
fn takes_late(_late: Late) {
    println!("late: it is there");
}

/// A hook after a skipped hook runs.
#[on_shutdown(phase = finalize, after = [missing])]
fn after_missing() {
    println!("after the missing one");
}

#[on_shutdown::main]
fn main() {
    provide(Name("name")).expect("the first");
    provide(Alias("alias")).expect("another type");
    provide(Some(Wrapped)).expect("the first");
    provide(Arc::new(AtomicU32::new(7))).expect("the first");
    provide(Arc::new(vec!["a", "b"])).expect("the first");
    provide::<Shared<u8>>(Arc::new(vec![1, 2, 3])).expect("another type");
    replace_provided(Replaced(1));
    println!("error: {}", provide(Replaced(2)).expect_err("the second"));
    replace_provided(Replaced(3));
    println!("ready");
    loop {
        std::thread::park();
    }
}
