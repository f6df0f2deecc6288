//! Declares hooks whose values were never provided, while values of similar types were.

use std::sync::{Arc, Mutex, RwLock};

use on_shutdown::{on_shutdown, provide};

#[derive(Clone)]
struct Db;

#[derive(Clone)]
struct Pool;

#[derive(Clone)]
struct Cache;

#[derive(Clone)]
struct Queue;

#[derive(Clone)]
struct Name;

#[derive(Clone)]
struct Index;

#[derive(Clone)]
struct Strange;

mod orders {
    #[derive(Clone)]
    pub struct Client;
}

mod payments {
    #[derive(Clone)]
    pub struct Client;
}

#[on_shutdown]
fn wants_plain(_db: Db) {
    println!("must not be seen");
}

#[on_shutdown]
async fn wants_arc(_pool: &Arc<Pool>) {
    println!("must not be seen");
}

#[on_shutdown]
fn wants_some(_cache: &Cache) {
    println!("must not be seen");
}

#[on_shutdown]
fn wants_unboxed(_queue: Queue) {
    println!("must not be seen");
}

#[on_shutdown]
fn wants_owned(_name: Name) {
    println!("must not be seen");
}

#[on_shutdown]
fn wants_mutex(_index: Arc<Mutex<Vec<Index>>>) {
    println!("must not be seen");
}

#[on_shutdown]
fn wants_of_orders(_client: orders::Client) {
    println!("must not be seen");
}

mod archive {
    #[derive(Clone)]
    pub struct Item;
}

mod stock {
    #[derive(Clone)]
    pub struct Item;
}

#[on_shutdown]
fn wants_shared_item(_item: Arc<stock::Item>) {
    println!("must not be seen");
}

#[on_shutdown]
fn wants_strange(_strange: Strange) {
    println!("must not be seen");
}

/// `Option` says that the value may be missing, also if a similar one was provided.
#[on_shutdown(phase = close)]
fn wants_perhaps(db: Option<Db>) {
    println!("perhaps: {}", db.is_some());
}

/// Two types with one name, as two versions of a crate have them.
mod versions {
    pub fn provide_other() {
        {
            #[derive(Clone)]
            struct Twin;

            #[on_shutdown::on_shutdown]
            fn wants_twin(_twin: Twin) {
                println!("must not be seen");
            }
        }
        #[derive(Clone)]
        struct Twin;
        on_shutdown::provide(Twin).expect("the first");
    }
}

#[on_shutdown::main]
fn main() {
    provide(Arc::new(Db)).expect("the first");
    provide(Pool).expect("the first");
    provide(Some(Cache)).expect("the first");
    provide(Box::new(Queue)).expect("the first");
    provide(&Name).expect("the first");
    provide(Arc::new(RwLock::new(vec![Index]))).expect("the first");
    provide(payments::Client).expect("the first");
    // The first is a type of another module. Its name comes first in the alphabet, but the author meant the second.
    provide(archive::Item).expect("the first");
    provide(stock::Item).expect("the first");
    versions::provide_other();
}
