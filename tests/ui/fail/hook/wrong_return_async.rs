use on_shutdown::on_shutdown;

#[on_shutdown]
async fn close() -> Option<String> {
    None
}

fn main() {}
