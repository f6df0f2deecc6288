//! Pushes the metrics of its shutdown to a Pushgateway. `PUSHGATEWAY` is the gateway's host and port, and `INSTANCE` is
//! the name of this process. The hooks end in each of the five outcomes.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use on_shutdown::{HookContext, Settings, in_flight, on_shutdown, provide};
use telemetry::work_for_ever;

/// Replaces the metrics that the gateway has of this process. The priority makes this hook the last one.
#[on_shutdown(phase = finalize, priority = -100, timeout = "2s")]
fn push_metrics(metrics: PrometheusHandle, context: HookContext) -> io::Result<()> {
    let variable = |name| env::var(name).map_err(|error| io::Error::other(format!("{name}: {error}")));
    let (gateway, instance) = (variable("PUSHGATEWAY")?, variable("INSTANCE")?);
    let mut stream = TcpStream::connect(&gateway)?;
    // With this limit, the hook reports a gateway that does not answer as an error.
    stream.set_read_timeout(Some(context.remaining() / 2))?;
    let body = metrics.render();
    write!(
        stream,
        "PUT /metrics/job/shop/instance/{instance} HTTP/1.1\r\nHost: {gateway}\r\nConnection: close\r\n\
         Content-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut status = String::new();
    BufReader::new(stream).read_line(&mut status)?;
    let accepted = status.split(' ').nth(1).is_some_and(|code| code.starts_with('2'));
    if accepted { Ok(()) } else { Err(io::Error::other(format!("the gateway answered {status:?}"))) }
}

#[on_shutdown(phase = deregister)]
fn leaves() {}

#[on_shutdown(phase = stop)]
fn fails() -> Result<(), String> {
    Err("the disk is full".to_owned())
}

#[on_shutdown(phase = stop)]
fn panics() {
    panic!("the index is out of order");
}

#[on_shutdown(phase = flush, timeout = "200ms")]
fn hangs() {
    loop {
        thread::park();
    }
}

/// Is skipped, because the abandoned hook may still use the same resource.
#[on_shutdown(phase = close, after = [hangs])]
fn closes() {}

fn main() {
    let metrics = PrometheusBuilder::new().install_recorder().expect("the only one");
    provide(metrics).expect("it is early enough");
    let _guard = Settings::new().install().expect("the settings are right");
    let work = in_flight("order");
    thread::spawn(move || {
        while !on_shutdown::is_draining() {
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_millis(50));
        drop(work);
    });
    work_for_ever()
}
