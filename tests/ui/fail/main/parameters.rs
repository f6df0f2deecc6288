#[on_shutdown::main]
async fn main(_arguments: Vec<String>) {}
