//! A `main` with a current-thread runtime and a future that is not `Send`.

#![deny(warnings)]

use std::process::ExitCode;
use std::rc::Rc;

#[on_shutdown::main(flavor = "current_thread", drain_delay = "0s")]
async fn main() -> Result<ExitCode, String> {
    let shared = Rc::new(0);
    std::future::ready(()).await;
    Ok(ExitCode::from(*shared))
}
