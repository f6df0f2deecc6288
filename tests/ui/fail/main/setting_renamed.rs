#[on_shutdown::main(conventional = true, override_ignored = true)]
async fn main() {}
