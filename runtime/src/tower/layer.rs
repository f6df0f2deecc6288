//! A service in, the same service out, whose requests are work in flight.

use std::panic::Location;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::response::{InFlightBody, InFlightFuture};
use crate::drain::{Site, in_flight_at};

/// Marks every request as work in flight, from its call until the body of its response has ended or was dropped.
///
/// From the trigger on, responses to HTTP/1 carry `Connection: close`: a client that keeps its connection alive makes
/// a new one for its next request, and through a gateway that has seen the readiness probe fail it makes it elsewhere.
/// HTTP/2 and 3 have a frame for that, which the server sends by itself when it is told to drain.
///
/// # What it does not see
/// - Bytes that the server has taken from the body and not yet written to its socket. [`serve`](crate::serve) waits
///   for them: use both.
/// - A connection after an upgrade (WebSocket): its response is over with the head. Hold a guard of
///   [`in_flight`](crate::in_flight) in the task that has the connection.
///
/// A response that never ends by itself (server-sent events) is waited for until the time for draining is over:
/// end it when [`draining`](crate::draining) resolves.
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
    /// Where the program made the layer. The report names this location for all its requests.
    site: Site,
}

impl InFlightLayer {
    /// The report groups the requests by `name`, and names this place in the source.
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

/// The service that [`InFlightLayer`] makes.
#[derive(Clone, Debug)]
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
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        // Before the inner service sees the request: what it does in its own `call` is work, too.
        let in_flight = in_flight_at(self.site);
        let version = request.version();
        InFlightFuture::new(self.inner.call(request), version, in_flight)
    }
}
