#[on_shutdown::main(conventional = 1)]
async fn main() {}
