//! Declares two hooks that wait for each other.

use on_shutdown::on_shutdown;

#[on_shutdown(after = [hen])]
fn egg() {}

#[on_shutdown(after = [egg])]
fn hen() {}

#[on_shutdown::main]
fn main() {
    println!("it must not start");
}
