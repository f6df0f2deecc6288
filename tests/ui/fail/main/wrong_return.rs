#[on_shutdown::main]
async fn main() -> String {
    String::new()
}
