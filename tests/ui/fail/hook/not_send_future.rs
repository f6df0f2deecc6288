use on_shutdown::on_shutdown;

use std::rc::Rc;

#[on_shutdown]
async fn close() {
    let shared = Rc::new(1);
    std::future::ready(()).await;
    drop(shared);
}

fn main() {}
