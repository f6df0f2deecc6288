//! Starts a child, and waits for its end or stops it in a hook. The first argument says when the child starts, and the
//! others are its command. The variable `CHILD_ENV=NAME=value` sets one variable for the child.

use std::process::{Child, Command, ExitCode};
use std::sync::Mutex;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use on_shutdown::{Settings, on_shutdown};

static CHILD: Mutex<Option<Child>> = Mutex::new(None);

#[on_shutdown]
fn stop_child() {
    let Some(mut child) = CHILD.lock().expect("no thread panics under the lock").take() else { return };
    let pid = Pid::from_raw(child.id().try_into().expect("a pid fits"));
    kill(pid, Signal::SIGTERM).expect("it has not been waited for");
    println!("the child ended: {}", child.wait().expect("it is ours"));
}

fn start_child() -> Child {
    let mut arguments = std::env::args_os().skip(2);
    let mut command = Command::new(arguments.next().expect("a program"));
    command.args(arguments).env_remove("CHILD_ENV");
    if let Ok(entry) = std::env::var("CHILD_ENV") {
        let (name, value) = entry.split_once('=').expect("a variable");
        command.env(name, value);
    }
    let child = command.spawn().expect("it starts");
    println!("child {}", child.id());
    child
}

fn wait_for_child() {
    println!("the child ended: {}", start_child().wait().expect("it is ours"));
}

fn main() -> ExitCode {
    let when = std::env::args().nth(1).expect("an argument");
    if when == "before-install" {
        wait_for_child();
    }
    Settings::new().run(|| match when.as_str() {
        "before-install" => {}
        "waits" => wait_for_child(),
        _ => {
            // Before the start: the child may be ready, and the test send its signal, before `spawn` has returned here.
            let mut slot = CHILD.lock().expect("no thread panics under the lock");
            *slot = Some(start_child());
            drop(slot);
            loop {
                std::thread::park();
            }
        }
    })
}
