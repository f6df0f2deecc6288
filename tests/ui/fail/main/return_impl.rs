#[on_shutdown::main]
async fn main() -> impl std::process::Termination {}
