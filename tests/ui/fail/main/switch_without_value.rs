#[on_shutdown::main(escalate_on_any)]
async fn main() {}
