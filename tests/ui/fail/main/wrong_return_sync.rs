#[on_shutdown::main]
fn main() -> i32 {
    0
}
