//! Counts the requests of a tower service as work in flight.

use std::panic::Location;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::response::{InFlightBody, InFlightFuture};
use crate::drain::{Site, in_flight_at};

/// Marks each request as work in flight, from its call until the body of its response has ended or was dropped.
///
/// From the trigger on, HTTP/1 responses carry `Connection: close`. A client with a persistent connection then opens a
/// new one for its next request. A gateway that has seen the readiness probe fail sends that request to another instance.
/// HTTP/2 and 3 have a frame for this purpose, which the server sends when it begins to drain.
///
/// # What the layer does not count
/// - Bytes that the server has taken from the body and not yet written to its socket. [`serve`](crate::serve) waits
///   for them: use both.
/// - A connection after an upgrade (WebSocket): its response ends with the head. Pass the handler of the connection
///   through [`track_fn`](crate::track_fn): `upgrade.on_upgrade(track_fn("chat", chat))`.
///
/// The drain phase waits for a response without an end (server-sent events) until its time is over. End such a response
/// when [`draining`](crate::draining) resolves.
///
/// ```
/// use on_shutdown::tower::{InFlightLayer, InFlightService};
/// use tower_layer::Layer;
///
/// fn counted<S>(app: S) -> InFlightService<S> {
///     InFlightLayer::new("http").layer(app)
/// }
/// # counted(());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct InFlightLayer {
    /// The name, and where the program made the layer. The report shows both.
    site: Site,
}

impl InFlightLayer {
    /// Returns a layer. The report groups its requests by `name`, and shows the location of this call.
    #[must_use]
    #[track_caller]
    pub const fn new(name: &'static str) -> Self {
        Self { site: Site { name, location: Location::caller() } }
    }
}

impl<S> Layer<S> for InFlightLayer {
    type Service = InFlightService<S>;

    fn layer(&self, inner: S) -> InFlightService<S> {
        InFlightService { inner, site: self.site }
    }
}

/// The service that [`InFlightLayer`] returns.
#[derive(Clone, Debug)]
#[must_use = "the layer counts nothing unless this service is called: give it to the server"]
pub struct InFlightService<S> {
    inner: S,
    site: Site,
}

impl<S, A, B> Service<Request<A>> for InFlightService<S>
where
    S: Service<Request<A>, Response = Response<B>>,
{
    type Response = Response<InFlightBody<B>>;
    type Error = S::Error;
    type Future = InFlightFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        // A service that is not ready has no request yet, so nothing is in flight.
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        // Before the inner service: its `call` may already begin the work.
        let in_flight = in_flight_at(self.site);
        // The response does not know the version of its request.
        let version = request.version();
        InFlightFuture::new(self.inner.call(request), version, in_flight)
    }
}
