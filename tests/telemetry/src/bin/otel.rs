//! Sends the spans of a service to an OpenTelemetry collector (`OTEL_EXPORTER_OTLP_ENDPOINT`), and loses none at the
//! end: a hook in `finalize`, which runs when most hooks have ended, sends what the exporter still has.

use std::time::Duration;

use on_shutdown::{HookContext, on_shutdown, provide};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkError;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::level_filters::LevelFilter;
use tracing::{info, info_span};
use tracing_subscriber::prelude::*;

/// Sends the waiting batches, within the time of this hook. The hook is sync, because the exporter has a runtime of its
/// own.
#[on_shutdown(phase = finalize, timeout = "3s")]
fn flush_spans(tracers: SdkTracerProvider, context: HookContext) -> Result<(), OTelSdkError> {
    tracers.shutdown_with_timeout(context.remaining())
}

#[on_shutdown(phase = deregister)]
async fn leave_registry() {
    info!("the registry forgets us");
}

#[on_shutdown(timeout = "2s")]
async fn finish_orders() {
    info!("half of them");
    tokio::time::sleep(Duration::from_millis(50)).await;
    info!("all of them");
}

#[on_shutdown(phase = close)]
fn close_pool() -> Result<(), String> {
    Err("the server has gone away".to_owned())
}

fn tracers() -> Result<SdkTracerProvider, Box<dyn std::error::Error>> {
    let exporter = SpanExporter::builder().with_http().build()?;
    let resource = Resource::builder_empty().with_service_name("shop").build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}

#[on_shutdown::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let tracers = tracers()?;
    let layer = tracing_opentelemetry::layer().with_tracer(tracers.tracer("shop"));
    tracing_subscriber::registry().with(LevelFilter::INFO).with(layer).init();
    provide(tracers)?;
    info_span!("take_order", number = 7).in_scope(|| info!("taken"));
    telemetry::await_for_ever().await;
    Ok(())
}
