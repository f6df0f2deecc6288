//! Counts the requests of a tower service as work in flight.

use std::borrow::Cow;
use std::panic::Location;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::request_label::{RequestHead, RouteFn, site_of};
use super::response::{InFlightBody, InFlightFuture};
use crate::drain::in_flight_at;
use crate::drain::sites::{self, Site};

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
    route: Option<RouteFn>,
}

impl InFlightLayer {
    /// Returns a layer. The report groups its requests by `name`, and shows the location of this call.
    #[must_use]
    #[track_caller]
    pub const fn new(name: &'static str) -> Self {
        Self { site: Site { name, location: Location::caller() }, route: None }
    }

    /// Adds the method and the route of each request to its name, so that the report says which requests were cut off:
    /// `http GET /orders/{id}: 3 in flight`.
    ///
    /// Default: off, because a route may be personal. The function decides what the report shows: return the *pattern* of
    /// the route, never the path with its values or the query. axum has it as `MatchedPath`. A layer on the `Router` finds
    /// it; a layer around the whole service does not. `None` leaves only the method.
    ///
    /// The function runs in the call of the service, so it must not block. Each request then costs an allocation and a lock
    /// that all requests share. Each name is kept for the life of the process.
    /// Only the first 1,000 are: requests with further names count under the name of the layer alone. A route is cut after
    /// 200 bytes, and a method that HTTP does not define is `OTHER`.
    ///
    /// ```
    /// use axum::extract::MatchedPath;
    /// use on_shutdown::tower::InFlightLayer;
    ///
    /// const LAYER: InFlightLayer = InFlightLayer::new("http")
    ///     .route(|request| request.extensions.get::<MatchedPath>().map(|path| path.as_str().into()));
    ///
    /// // gRPC: the path is service and method, and has no values.
    /// const GRPC: InFlightLayer = InFlightLayer::new("grpc").route(|request| Some(request.uri.path().into()));
    /// # let _ = (LAYER, GRPC);
    /// ```
    #[must_use]
    pub const fn route(mut self, route: for<'a> fn(RequestHead<'a>) -> Option<Cow<'a, str>>) -> Self {
        self.route = Some(route);
        self
    }
}

impl<S> Layer<S> for InFlightLayer {
    type Service = InFlightService<S>;

    fn layer(&self, inner: S) -> InFlightService<S> {
        let Self { site, route } = *self;
        InFlightService { inner, site, route }
    }
}

/// The service that [`InFlightLayer`] returns.
#[derive(Clone, Debug)]
#[must_use = "the layer counts nothing unless this service is called: give it to the server"]
pub struct InFlightService<S> {
    inner: S,
    site: Site,
    route: Option<RouteFn>,
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
        let head = RequestHead { method: request.method(), uri: request.uri(), extensions: request.extensions() };
        let site = self.route.map_or(self.site, |route| site_of(head, route, self.site));
        let in_flight = in_flight_at(sites::id(site));
        // The response does not know the version of its request.
        let version = request.version();
        InFlightFuture::new(self.inner.call(request), version, in_flight)
    }
}
