//! Begins work too late, or never ends it, as the argument says.

use std::thread;
use std::time::Duration;

use on_shutdown::{HookContext, InFlight, in_flight, is_draining, on_shutdown, serve, track};
use tokio::time::sleep;

fn case() -> String {
    std::env::args().nth(1).expect("a case")
}

/// Runs after the drain phase.
#[on_shutdown(timeout = "1s")]
async fn after_the_drain(context: HookContext) {
    match case().as_str() {
        "serve late" => {
            serve("late", |draining| async {
                draining.await;
                println!("served in the phase {}, and was told to stop at once", context.phase());
            })
            .await;
        }
        "guard late" => {
            std::mem::forget(in_flight("late"));
            println!("began in the phase {}", context.phase());
        }
        _ => println!("the drain is over"),
    }
}

/// Keeps exactly one piece of work in flight at every moment, each time a new one.
fn hand_over(left: u32, work: InFlight) {
    thread::sleep(Duration::from_millis(50));
    if left == 0 {
        println!("all was handed over");
    } else {
        let next = in_flight("handed over");
        thread::spawn(move || hand_over(left - 1, next));
    }
    drop(work);
}

fn until_draining() {
    while !is_draining() {
        thread::sleep(Duration::from_millis(1));
    }
}

/// Begins five pieces of work: three are leaked here, one is leaked elsewhere, and one ends.
fn leak() {
    for _ in 0..3 {
        std::mem::forget(in_flight("orders"));
    }
    std::mem::forget(in_flight("orders"));
    let ends = in_flight("letters");
    thread::spawn(|| {
        until_draining();
        drop(ends);
    });
}

#[on_shutdown::main]
async fn main() {
    match case().as_str() {
        "leak" => leak(),
        "handed over" => {
            let first = in_flight("handed over");
            thread::spawn(|| {
                until_draining();
                hand_over(5, first);
            });
        }
        "never polled" => {
            // The future is dropped, like a future that loses a `select!`.
            drop(track("never polled", std::future::pending::<()>()));
            drop(serve("never polled", |draining| draining));
        }
        "after the end" => {
            // The shutdown begins while the program makes this server. Other work keeps the drain phase open.
            let _other = in_flight("other");
            on_shutdown::request_shutdown("to be too late").expect("installed");
            while !is_draining() {
                sleep(Duration::from_millis(1)).await;
            }
            serve("too late", |draining| draining).await;
            println!("a server that is made while draining stops at once");
            // A `main` that has asked when to stop is waited for.
            return;
        }
        _ => {}
    }
    println!("ready");
    std::future::pending().await
}
