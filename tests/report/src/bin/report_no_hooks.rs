//! Has no hooks, but two requests in flight, and `main`. They end once the file exists whose path is the first argument.

use std::path::Path;
use std::time::Duration;

use on_shutdown::{draining, in_flight};

#[on_shutdown::main]
async fn main() {
    let work = [in_flight("request"), in_flight("request")];
    println!("ready");
    draining().await;
    if let Some(path) = std::env::args().nth(1) {
        while !Path::new(&path).exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    drop(work);
}
