//! Finishes and acknowledges the message in hand, and closes the connection (lapin, RabbitMQ).
//!
//! - No hook for the message: the loop is work in flight, and the drain phase waits for it. The broker gives the messages
//!   that were not acknowledged to another consumer.
//! - `close_connection`: `close`, -100, 2 s. After the hooks of `flush` and `close`, which may publish messages. The broker
//!   answers, and so it has seen the acknowledgements.
//!
//! Run `cargo run -p cookbook-data --bin amqp_consumer -- amqp://localhost:5672/%2f`, and press Ctrl-C. The broker is
//! Debian's package `rabbitmq-server`.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use futures_util::StreamExt;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties};
use on_shutdown::{Draining, on_shutdown, provide, serve};
use tokio::time::sleep;

#[on_shutdown(phase = close, priority = -100, timeout = "2s")]
async fn close_connection(connection: Arc<Connection>) -> lapin::Result<()> {
    connection.close(200, "the shop stops".into()).await
}

async fn consume(mut draining: Draining, connection: Arc<Connection>) -> anyhow::Result<()> {
    let channel = connection.create_channel().await?;
    // Maximum number of messages that the broker sends before it waits for an acknowledgement.
    channel.basic_qos(10, BasicQosOptions::default()).await?;
    let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare("orders".into(), options, FieldTable::default()).await?;
    let options = BasicConsumeOptions::default();
    let mut messages = channel.basic_consume("orders".into(), "shop".into(), options, FieldTable::default()).await?;
    println!("ready");
    loop {
        let message = tokio::select! {
            // Checked first: a message that waits goes back to the broker.
            biased;
            () = &mut draining => break,
            message = messages.next() => message.context("the broker has ended the consumer")??,
        };
        let number = String::from_utf8_lossy(&message.data);
        println!("message {number} has begun");
        sleep(Duration::from_millis(100)).await;
        message.ack(BasicAckOptions::default()).await?;
        println!("message {number} is acknowledged");
    }
    // Awaited: a channel that is dropped closes later, and the close of its connection may fail meanwhile.
    Ok(channel.close(200, "the shop stops".into()).await?)
}

#[on_shutdown::main]
async fn main() -> anyhow::Result<()> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "amqp://localhost:5672/%2f".to_owned());
    let connection = Connection::connect(&url, ConnectionProperties::default()).await;
    let connection = Arc::new(connection.context("connecting to RabbitMQ (Debian: `apt install rabbitmq-server`)")?);
    provide(Arc::clone(&connection))?;
    serve("orders", |draining| consume(draining, connection)).await?;
    Ok(())
}
