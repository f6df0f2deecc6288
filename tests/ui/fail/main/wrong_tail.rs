#[on_shutdown::main]
async fn main() -> Result<(), std::io::Error> {
    println!("ready");
}
