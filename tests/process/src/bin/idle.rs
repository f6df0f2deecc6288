//! One hook, and a main that waits for ever.

#[on_shutdown::on_shutdown]
fn hook() {
    println!("hook");
}

#[on_shutdown::main]
fn main() {
    println!("ready");
    loop {
        std::thread::park();
    }
}
