use containers::if_available;
use lapin::options::{BasicPublishOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Connection, ConnectionProperties};
use process::{Program, Signal};

use crate::server::{RabbitMq, until};
use crate::{numbers, stop};

const PROGRAM: &str = env!("CARGO_BIN_EXE_amqp_consumer");

/// Sends messages to the program's queue.
async fn publish(url: &str, messages: std::ops::RangeInclusive<i64>) -> lapin::Result<()> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    let queue = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare("orders".into(), queue, FieldTable::default()).await?;
    for number in messages {
        let (options, text) = (BasicPublishOptions::default(), number.to_string());
        channel.basic_publish("".into(), "orders".into(), options, text.as_bytes(), BasicProperties::default()).await?;
    }
    connection.close(200, "".into()).await
}

/// Whether the broker has seen a connection break.
fn has_broken_connection(broker: &RabbitMq) -> bool {
    let breaks = |line: &str| line.contains("[warning]") || line.contains("[error]");
    broker.log().lines().any(|line| line.contains("closing AMQP connection") && breaks(line))
}

#[test]
fn amqp_messages_are_processed_once_and_the_broker_sees_the_connection_end() {
    if_available(|| {
        let broker = RabbitMq::start()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
        runtime.block_on(publish(&broker.url(), 1..=20)).expect("the broker runs");
        let program = || Program::new(PROGRAM).arg(broker.url());
        let running = program().start();
        running.out_line("message 3 has begun");
        let ended = stop(running);
        ended.assert_code(0);
        let mut begun = numbers(&ended, "message ", " has begun");
        assert_eq!(numbers(&ended, "message ", " is acknowledged"), begun, "{ended}");

        // The broker gives the others to the next process, and none twice.
        let running = program().start();
        running.out_line("message 20 is acknowledged");
        let ended = stop(running);
        ended.assert_code(0);
        begun.extend(numbers(&ended, "message ", " has begun"));
        assert_eq!(begun, (1..=20).collect::<Vec<_>>(), "{ended}");
        assert!(!has_broken_connection(&broker), "{}", broker.log());

        // The log would show it.
        let mut killed = program().start();
        killed.signal(Signal::SIGKILL);
        killed.wait();
        until("the broker logs the connection that broke", || has_broken_connection(&broker).then_some(()));
        Ok(())
    });
}

#[test]
fn without_rabbitmq_the_program_says_which_package_has_it() {
    // Nothing listens on the first port.
    let ended = Program::new(PROGRAM).arg("amqp://127.0.0.1:1/%2f").run();
    ended.assert_code(1).assert_err("connecting to RabbitMQ (Debian: `apt install rabbitmq-server`)");
}
