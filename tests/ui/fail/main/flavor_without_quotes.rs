#[on_shutdown::main(flavor = current_thread)]
async fn main() {}
