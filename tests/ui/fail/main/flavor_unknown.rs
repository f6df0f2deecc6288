#[on_shutdown::main(flavor = "multithread")]
async fn main() {}
