//! Tests three replicas behind a gateway, replaced one after another under constant load: the clients lose nothing.

use containers::gateway::{Stop, replace_all};
use containers::{Connections, in_docker};

/// Less is not a load under which anything could be lost.
const ENOUGH: usize = 100;

#[test]
fn spec_3_8_with_a_drain_delay_and_fresh_connections_no_request_is_lost() {
    nothing_is_lost(Connections::Fresh);
}

#[test]
fn spec_3_8_with_a_drain_delay_and_kept_connections_no_request_is_lost() {
    nothing_is_lost(Connections::Kept);
}

/// The control: the same program, the same load, and a signal that skips the delay.
#[test]
fn without_a_drain_delay_some_requests_on_fresh_connections_are_lost() {
    some_are_lost(Stop::WithoutDelay, Connections::Fresh, 0);
}

#[test]
fn without_a_drain_delay_some_requests_on_kept_connections_are_lost() {
    some_are_lost(Stop::WithoutDelay, Connections::Kept, 0);
}

#[test]
fn killed_at_once_some_requests_are_lost() {
    some_are_lost(Stop::Kill, Connections::Kept, 137);
}

fn nothing_is_lost(connections: Connections) {
    in_docker(|| {
        let run = replace_all(Stop::Draining, connections)?;
        assert!(run.tally.sent > ENOUGH, "{}", run.tally);
        assert_eq!(run.tally.lost(), 0, "{}", run.tally);
        // No client repeated a request to make up for a loss.
        assert_eq!(run.answered(), run.tally.sent);
        for ended in &run.old {
            ended.assert_code(0).assert_said("report: SIGTERM from outside the container; 1 completed in ");
        }
        match connections {
            Connections::Kept => assert!(run.connections < run.tally.sent / 2, "{} connections", run.connections),
            Connections::Fresh => assert!(run.connections >= run.tally.sent, "{} connections", run.connections),
        }
        Ok(())
    });
}

fn some_are_lost(stop: Stop, connections: Connections, code: i32) {
    in_docker(|| {
        let run = replace_all(stop, connections)?;
        assert!(run.tally.sent > ENOUGH, "{}", run.tally);
        assert!(run.tally.lost() > 0, "this test can see no loss: {}", run.tally);
        run.old.iter().for_each(|ended| {
            ended.assert_code(code);
        });
        Ok(())
    });
}
