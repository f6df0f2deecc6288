use on_shutdown::on_shutdown;

#[on_shutdown]
async fn main() {}
