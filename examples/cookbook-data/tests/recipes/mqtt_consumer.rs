use std::sync::mpsc::{Receiver, channel};
use std::thread;

use containers::if_available;
use process::{LIMIT, Program, Signal};
use rumqttc::{Client, Event, MqttOptions, Packet, QoS};

use crate::server::{Mosquitto, until};
use crate::{numbers, stop};

const PROGRAM: &str = env!("CARGO_BIN_EXE_mqtt_consumer");

/// Connects the test as a client of its own, which sees the last will of the program. Returns what it receives.
fn watch(broker: &Mosquitto) -> (Client, Receiver<String>) {
    let (client, mut connection) = Client::new(MqttOptions::new("test", "127.0.0.1", broker.port), 100);
    client.subscribe("status", QoS::AtLeastOnce).expect("it is queued");
    let (sender, received) = channel();
    // Ends when the client is dropped.
    thread::spawn(move || {
        for event in connection.iter().map_while(Result::ok) {
            if let Event::Incoming(Packet::Publish(message)) = event {
                let _ = sender.send(String::from_utf8_lossy(&message.payload).into_owned());
            }
        }
    });
    (client, received)
}

/// Whether the broker has seen a connection of the program break.
fn has_broken_connection(broker: &Mosquitto) -> bool {
    let log = broker.server.log();
    log.contains("Client shop closed its connection") || log.contains("Socket error on client shop")
}

#[test]
fn mqtt_messages_are_processed_once_and_the_broker_publishes_no_last_will() {
    if_available(|| {
        let broker = Mosquitto::start()?;
        let program = || Program::new(PROGRAM).arg("127.0.0.1").arg(broker.port.to_string());
        let (client, received) = watch(&broker);
        let running = program().start();
        for number in 1..=30 {
            client.publish("orders", QoS::AtLeastOnce, false, number.to_string()).expect("it is queued");
        }
        running.out_line("message 3 has begun");
        let ended = stop(running);
        ended.assert_code(0);
        let mut begun = numbers(&ended, "message ", " has begun");
        assert_eq!(numbers(&ended, "message ", " is acknowledged"), begun, "{ended}");
        until("the broker has seen the disconnect", || {
            broker.server.log().contains("Client shop disconnected").then_some(())
        });

        // The broker sends the others to the next process, and none twice.
        let running = program().start();
        running.out_line("message 30 is acknowledged");
        let ended = stop(running);
        begun.extend(numbers(&ended, "message ", " has begun"));
        assert_eq!(begun, (1..=30).collect::<Vec<_>>(), "{ended}");

        assert!(!has_broken_connection(&broker), "{}", broker.server.log());

        // No last will came before this message. That of a process that is killed does come.
        client.publish("status", QoS::AtLeastOnce, false, "two stops").expect("it is queued");
        assert_eq!(received.recv_timeout(LIMIT).expect("a message"), "two stops");
        let mut killed = program().start();
        killed.signal(Signal::SIGKILL);
        killed.wait();
        assert_eq!(received.recv_timeout(LIMIT).expect("a message"), "the shop is gone");
        assert!(has_broken_connection(&broker), "{}", broker.server.log());
        Ok(())
    });
}

#[test]
fn without_a_broker_the_program_says_which_package_has_it() {
    // Nothing listens on the first port.
    let ended = Program::new(PROGRAM).arg("127.0.0.1").arg("1").run();
    ended.assert_code(1).assert_err("the connection to the MQTT broker (Debian: `apt install mosquitto`)");
}
