//! A probe's request in, what this instance says of itself out.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Request, Response, StatusCode};
use tower_service::Service;

use crate::drain::is_ready;

/// Answers a readiness probe: `200 ready`, and `503 stopping` from the trigger on.
///
/// A gateway that sees the 503 sends no new work. It needs time to see it: set a drain delay of a few of its intervals.
/// Whatever the method, the path and the body of the request are.
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
    /// One that fails from the trigger on.
    #[must_use]
    pub const fn new() -> Self {
        Self { always: false }
    }

    /// One that says `ready` until the end, for platforms that take an instance out of their lists by themselves and
    /// count a failing probe against it.
    #[must_use]
    pub const fn always_ready(mut self) -> Self {
        self.always = true;
        self
    }

    fn says(self, ready: bool) -> Response<String> {
        match ready || self.always {
            true => answer(StatusCode::OK, "ready\n"),
            false => answer(StatusCode::SERVICE_UNAVAILABLE, "stopping\n"),
        }
    }
}

/// Answers a liveness probe: `200 alive` until the process ends, during a shutdown too, so that nobody restarts
/// an instance that is finishing its work.
///
/// Whatever the method, the path and the body of the request are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Liveness;

impl Liveness {
    /// The only one there is.
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
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Self::Future {
        ready(Ok(self.says(is_ready())))
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
    // What an instance says of itself is true for this moment only.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
