#[on_shutdown::main(conventional = true, conventional = false)]
async fn main() {}
