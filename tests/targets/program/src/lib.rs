//! The hooks of the programs of this package, as a library brings them.

use std::time::Duration;

use on_shutdown::on_shutdown;

#[on_shutdown]
fn first_hook() {
    println!("first hook");
}

#[on_shutdown(phase = finalize)]
async fn last_hook() {
    tokio::time::sleep(Duration::from_millis(1)).await;
    println!("last hook");
}
