//! Every return type of a hook.

#![deny(warnings)]

use std::fmt;

use on_shutdown::on_shutdown;

#[derive(Debug)]
struct Lost;

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("lost")
    }
}

type Outcome = Result<(), Lost>;

#[on_shutdown]
fn unit() -> () {}

#[on_shutdown]
fn io() -> std::io::Result<()> {
    Ok(())
}

#[on_shutdown]
async fn boxed() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    Err("lost")?
}

#[on_shutdown]
async fn alias() -> Outcome {
    Err(Lost)
}

#[on_shutdown]
fn with_a_value() -> Result<usize, &'static str> {
    Ok(3)
}

fn main() {}
