use on_shutdown::on_shutdown;

fn how_long() -> std::time::Duration {
    std::time::Duration::from_secs(5)
}

#[on_shutdown(timeout = how_long())]
fn close() {}

fn main() {}
