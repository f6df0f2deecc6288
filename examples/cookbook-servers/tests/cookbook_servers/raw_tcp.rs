use process::Program;

use crate::client::{Client, address, stop};

#[test]
fn each_connection_finishes_its_command_and_says_goodbye() {
    let running = Program::new(env!("CARGO_BIN_EXE_raw_tcp")).start();
    let address = address(&running);
    let (mut idle, mut busy) = (Client::connect(address), Client::connect(address));
    // Both are subscribed once they have had an answer.
    idle.send("hello\n");
    assert_eq!(idle.line(), "unknown command: hello");
    busy.send("publish news\n");
    // The publisher itself is a receiver.
    assert_eq!((idle.line(), busy.line()), ("message news".into(), "sent to 2".into()));
    // The second command is in the buffer of the connection when draining begins.
    busy.send("work\nwork\n");
    running.out_line("a command has begun");
    let ended = stop(running);
    assert_eq!(idle.rest(), ["goodbye"]);
    let answers = busy.rest();
    let begun = ended.out.iter().filter(|line| *line == "a command has begun").count();
    assert_eq!(answers.iter().filter(|line| *line == "done").count(), begun, "{answers:?}\n{ended}");
    assert_eq!(answers.last().map(String::as_str), Some("goodbye"), "{answers:?}\n{ended}");
    ended.assert_code(0).assert_out("no further connection is accepted").assert_no_err("cut off");
}

#[test]
fn a_connection_beyond_the_limit_waits_for_another_to_end() {
    let running = Program::new(env!("CARGO_BIN_EXE_raw_tcp")).start();
    let address = address(&running);
    let mut open: Vec<Client> = (0..3).map(|_| Client::connect(address)).collect();
    for client in &mut open {
        client.send("hello\n");
        assert_eq!(client.line(), "unknown command: hello");
    }
    let mut fourth = Client::connect(address);
    fourth.send("hello\n");
    drop(open.pop());
    assert_eq!(fourth.line(), "unknown command: hello");
    stop(running).assert_code(0).assert_no_err("cut off");
    assert_eq!(fourth.rest(), ["goodbye"]);
}
