//! Adds `Connection: close` to responses from the trigger on, and keeps their bodies in flight until these end.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::header::CONNECTION;
use http::{HeaderValue, Response, Version};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::drain::{InFlight, is_ready};

pin_project! {
    /// The future of [`InFlightService`](super::InFlightService).
    #[derive(Debug)]
    #[must_use = "the request is not answered unless this future is polled: add `.await`"]
    pub struct InFlightFuture<F> {
        #[pin]
        future: F,
        version: Version,
        in_flight: Option<InFlight>,
    }
}

impl<F> InFlightFuture<F> {
    pub(super) fn new(future: F, version: Version, in_flight: InFlight) -> Self {
        Self { future, version, in_flight: Some(in_flight) }
    }
}

impl<F, B, E> Future for InFlightFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<InFlightBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(this.future.poll(context));
        // On an error the guard is dropped here: there is no body.
        let in_flight = this.in_flight.take();
        Poll::Ready(result.map(|mut response| {
            // Checked now, not at the call: a request from before the trigger may end after it.
            if !is_ready() {
                close_after(&mut response, *this.version);
            }
            response.map(|body| InFlightBody { body, in_flight })
        }))
    }
}

/// Adds the header that closes the connection after this response.
pub(super) fn close_after<B>(response: &mut Response<B>, version: Version) {
    // `101 Switching Protocols` needs the header itself. The other 1xx do not end the request.
    if version <= Version::HTTP_11 && !response.status().is_informational() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
}

pin_project! {
    /// The body of a response, which is in flight until the body has ended or is dropped.
    ///
    /// The default body belongs to no request. It is for layers that answer instead of the service.
    #[derive(Debug, Default)]
    pub struct InFlightBody<B> {
        #[pin]
        body: B,
        in_flight: Option<InFlight>,
    }
}

impl<B: Body> Body for InFlightBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.project();
        let frame = ready!(this.body.poll_frame(context));
        if !matches!(frame, Some(Ok(_))) {
            // The end and an error both end the request. The owner may keep the body for longer.
            *this.in_flight = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
