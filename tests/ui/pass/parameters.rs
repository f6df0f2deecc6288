//! Every kind of parameter: values, references, optional values, patterns.

#![deny(warnings)]

use std::collections::HashMap;
use std::sync::Arc;

use on_shutdown::on_shutdown;

#[derive(Clone)]
struct Pool {
    name: String,
}

#[on_shutdown]
fn owned(pool: Pool) {
    drop(pool.name);
}

#[on_shutdown]
async fn lent(pool: &Pool, names: &Vec<String>) {
    std::future::ready(()).await;
    drop((pool.name.clone(), names.len()));
}

#[on_shutdown]
fn optional(pool: Option<Pool>, names: &Option<Arc<[String]>>) {
    drop((pool, names.is_some()));
}

#[on_shutdown]
async fn patterns(mut names: Vec<String>, Pool { name }: Pool, _: u8, (left, _right): (u16, u32)) {
    names.push(name);
    drop(left.to_string());
}

#[on_shutdown]
fn statics(name: &'static str, lookup: HashMap<&'static str, fn(&str) -> usize>) {
    drop((name, lookup));
}

#[on_shutdown]
fn inferred_lifetimes(name: std::borrow::Cow<'_, str>, other: std::borrow::Cow<[u8]>, list: Vec<&'_ u8>) {
    drop((name, other, list));
}

fn main() {}
