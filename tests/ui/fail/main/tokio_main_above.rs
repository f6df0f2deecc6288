#[tokio::main]
#[on_shutdown::main]
async fn main() {
    std::future::ready(()).await;
}
