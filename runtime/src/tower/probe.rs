//! Answers readiness and liveness probes.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Request, Response, StatusCode};
use tower_service::Service;

use crate::drain::is_ready;

/// Answers a readiness probe: `200 ready`, and `503 stopping` from the trigger on.
///
/// A gateway that sees the 503 sends no new requests. Set a drain delay of a few probe intervals, so that it sees the 503 in
/// time. The answer does not depend on the method, the path and the body of the request.
///
/// ```
/// use http::Request;
/// use on_shutdown::tower::Readiness;
/// use tower_service::Service;
///
/// let answer = Readiness::new().call(Request::new(())).into_inner()?;
/// assert_eq!((answer.status().as_u16(), answer.body().as_str()), (200, "ready\n"));
/// # Ok::<(), std::convert::Infallible>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Readiness {
    always: bool,
}

impl Readiness {
    /// Returns a service that answers 503 from the trigger on.
    #[must_use]
    pub const fn new() -> Self {
        Self { always: false }
    }

    /// Answers `200 ready` until the process ends.
    ///
    /// For platforms that remove a stopping instance from their lists themselves, and treat a failed probe as an error.
    #[must_use]
    pub const fn always_ready(mut self) -> Self {
        self.always = true;
        self
    }

    fn response(self, ready: bool) -> Response<String> {
        match ready || self.always {
            true => answer(StatusCode::OK, "ready\n"),
            false => answer(StatusCode::SERVICE_UNAVAILABLE, "stopping\n"),
        }
    }
}

/// Answers a liveness probe: `200 alive` until the process ends.
///
/// The answer is the same during a shutdown, so that the platform does not restart an instance that finishes its work. It
/// does not depend on the method, the path and the body of the request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Liveness;

impl Liveness {
    /// Returns the service.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl<B> Service<Request<B>> for Readiness {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // An answer needs nothing that could be exhausted.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Self::Future {
        ready(Ok(self.response(is_ready())))
    }
}

impl<B> Service<Request<B>> for Liveness {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Self::Future {
        ready(Ok(answer(StatusCode::OK, "alive\n")))
    }
}

fn answer(status: StatusCode, text: &str) -> Response<String> {
    let mut response = Response::new(text.to_owned());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    // The answer may change at any moment.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
