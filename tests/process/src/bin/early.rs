//! Runs the smallest program that a test stops in its first moments.

#[on_shutdown::on_shutdown]
fn hook() {
    println!("hook");
}

#[on_shutdown::main]
fn main() {
    loop {
        std::thread::park();
    }
}
