//! Provides tower services for servers: requests as work in flight, `Connection: close`, and answers to probes.
//!
//! With the feature `tower`, for axum, tonic, hyper and everything else that takes a tower service:
//!
//! - [`InFlightLayer`] marks each request as work [in flight](crate::in_flight). From the trigger on, it asks HTTP/1
//!   clients to close their connections after the response.
//! - [`Readiness`] answers the readiness probe: 200, and 503 from the trigger on.
//! - [`Liveness`] answers the liveness probe: 200 until the process ends.
//!
//! [`InFlightLayer::route`] adds the route of each request to the report.
//!
//! Use them with [`serve`](crate::serve), which makes the server stop accepting, and waits until the server has written
//! all responses to its sockets. The layer adds the number of requests to the report, and moves clients to other
//! instances before the server closes their connections.
//!
//! A WebSocket is counted by [`track_fn`](crate::track_fn), and a response without an end must end when
//! [`draining`](crate::draining) resolves. The page
//! [docs/servers.md](https://github.com/on-shutdown/on-shutdown/blob/main/docs/servers.md) has both.
//!
//! # HTTP/2
//! A draining HTTP/2 server (hyper, and so axum and tonic) closes its socket as soon as it has written everything, even if
//! a client still reads. If the client sends something in the meantime, the kernel answers with a reset, and the client may
//! lose the end of a response. An HTTP/1 client sends nothing while it reads, and loses nothing.
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
//! With another tower service:
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
pub use request_label::RequestHead;
pub use response::{InFlightBody, InFlightFuture};

mod layer;
mod probe;
mod request_label;
mod response;
#[cfg(test)]
mod tests;
