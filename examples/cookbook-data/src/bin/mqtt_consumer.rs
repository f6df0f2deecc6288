//! Finishes and acknowledges the message in hand, and disconnects, so that the broker publishes no last will (rumqttc, MQTT).
//!
//! - No hook: the worker and the connection are work in flight. The drain phase waits for the message, its
//!   acknowledgement and the disconnect, in this order. The broker keeps the other messages for this client's next
//!   connection.
//! - If hooks of `flush` publish messages, disconnect in a hook of `close` instead.
//!
//! Run `cargo run -p cookbook-data --bin mqtt_consumer -- localhost 1883`, and press Ctrl-C. The broker is Debian's package
//! `mosquitto`. `mosquitto_pub -q 1 -t orders -m 1` sends a message.

use std::time::Duration;

use anyhow::Context;
use on_shutdown::{Draining, serve};
use rumqttc::{AsyncClient, Event, EventLoop, LastWill, MqttOptions, Outgoing, Packet, Publish, QoS};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::sleep;
use tokio::try_join;

/// Keeps the connection alive, also while the worker is busy, until the worker has disconnected.
async fn drive(mut connection: EventLoop, messages: UnboundedSender<Publish>) -> anyhow::Result<()> {
    loop {
        match connection.poll().await.context("the connection to the MQTT broker (Debian: `apt install mosquitto`)")? {
            Event::Incoming(Packet::SubAck(_)) => println!("ready"),
            // The broker limits how many messages wait here. If the worker has ended, the broker keeps the message.
            Event::Incoming(Packet::Publish(message)) => drop(messages.send(message)),
            Event::Outgoing(Outgoing::Disconnect) => return Ok(()),
            _ => {}
        }
    }
}

async fn work(
    mut draining: Draining,
    client: AsyncClient,
    mut messages: UnboundedReceiver<Publish>,
) -> anyhow::Result<()> {
    client.subscribe("orders", QoS::AtLeastOnce).await?;
    loop {
        let message = tokio::select! {
            // Checked first: a message that waits stays with the broker.
            biased;
            () = &mut draining => break,
            message = messages.recv() => message.context("the connection has ended")?,
        };
        let number = String::from_utf8_lossy(&message.payload);
        println!("message {number} has begun");
        sleep(Duration::from_millis(100)).await;
        client.ack(&message).await?;
        println!("message {number} is acknowledged");
    }
    // Sent after the acknowledgement.
    client.disconnect().await.context("disconnecting")
}

#[on_shutdown::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let host = arguments.next().unwrap_or_else(|| "localhost".to_owned());
    let port = arguments.next().map_or(Ok(1883), |port| port.parse())?;
    let mut options = MqttOptions::new("shop", host, port);
    // The broker keeps what this client has not acknowledged.
    options.set_clean_session(false).set_manual_acks(true);
    options.set_last_will(LastWill::new("status", "the shop is gone", QoS::AtLeastOnce, false));
    let (client, connection) = AsyncClient::new(options, 10);
    let (sender, messages) = unbounded_channel();
    serve("orders", |draining| async { try_join!(drive(connection, sender), work(draining, client, messages)) })
        .await?;
    Ok(())
}
