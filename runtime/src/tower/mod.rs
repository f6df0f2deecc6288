//! Beside station 5: requests and probes of any tower server in; work in flight, `Connection: close` and the
//! answers to probes out.
//!
//! With the feature `tower`. Three parts, for axum, tonic, hyper and whatever else takes a tower service:
//!
//! - [`InFlightLayer`] marks every request as work [in flight](crate::in_flight), and from the trigger on sends
//!   HTTP/1 clients away once they are answered.
//! - [`Readiness`] answers the probe that asks "send me new work?": 200, and 503 from the trigger on.
//! - [`Liveness`] answers the probe that asks "must I be restarted?": 200 until the end.
//!
//! They stand beside [`serve`](crate::serve), and do not replace it: `serve` makes the server stop accepting, and waits
//! until all of it has been written to the sockets. What the layer adds is the count of requests in the report, and
//! clients that have gone elsewhere before the server closes their connections.
//!
//! # HTTP/2
//! A server of HTTP/2 that drains closes its socket as soon as it has written everything, also while a client still
//! reads. What that client sends in the meantime is answered by a reset, and it may lose the end of a response: hyper,
//! and so axum and tonic, do so. A client of HTTP/1 sends nothing while it reads, and loses nothing.
//!
//! # Examples
//! With axum, where `app` is a `Router`:
//! ```text
//! let app = app
//!     .layer(InFlightLayer::new("http"))
//!     .route_service("/ready", Readiness::new())
//!     .route_service("/live", Liveness::new());
//! serve("server", |draining| axum::serve(listener, app).with_graceful_shutdown(draining)).await?;
//! ```
//! Any tower service:
//! ```
//! use http::Request;
//! use on_shutdown::tower::{InFlightLayer, Readiness};
//! use tower_layer::Layer;
//! use tower_service::Service;
//!
//! # async fn run() -> Result<(), std::convert::Infallible> {
//! let mut service = InFlightLayer::new("probes").layer(Readiness::new());
//! let response = service.call(Request::new(())).await?;
//! assert_eq!(response.status(), 200);
//! # Ok(())
//! # }
//! # let mut run = std::pin::pin!(run());
//! # assert!(run.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())).is_ready());
//! ```

pub use layer::{InFlightLayer, InFlightService};
pub use probe::{Liveness, Readiness};
pub use response::{InFlightBody, InFlightFuture};

mod layer;
mod probe;
mod response;
#[cfg(test)]
mod tests;
