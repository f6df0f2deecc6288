//! A `main` that returns `!`, sync and async.

#![deny(warnings)]

#[on_shutdown::main]
async fn serve_for_ever() -> ! {
    std::process::exit(0)
}

#[on_shutdown::main]
fn main() -> ! {
    if std::env::args().count() > 100 {
        let _ = serve_for_ever();
    }
    std::process::exit(0)
}
