//! Tests how much work is in flight at each step of a response.

use std::convert::Infallible;
use std::future::{Future, Ready, pending, poll_fn, ready};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use http::header::CONNECTION;
use http::{Request, Response, StatusCode, Version};
use http_body::{Body, Frame};
use tower_layer::Layer;
use tower_service::Service;

use super::response::close_after;
use super::{InFlightBody, InFlightLayer};
use crate::drain::list_in_flight;

/// Returns how much work with this name is in flight, and the line where it was made.
fn counted(name: &str) -> (usize, u32) {
    let work = list_in_flight();
    work.iter().find(|work| work.name == name).map_or((0, 0), |work| (work.count, work.line))
}

/// A body of this many bytes, one per frame.
#[derive(Debug)]
struct Drops(usize);

impl Body for Drops {
    type Data = &'static [u8];
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<&'static [u8]>, &'static str>>> {
        match self.0 {
            0 => Poll::Ready(None),
            13 => Poll::Ready(Some(Err("thirteen"))),
            left => {
                self.0 = left - 1;
                Poll::Ready(Some(Ok(Frame::data(b"."))))
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Answers(usize);

impl Service<Request<()>> for Answers {
    type Response = Response<Drops>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Drops>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(Response::new(Drops(self.0))))
    }
}

fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}

type Frames = Option<Result<Frame<&'static [u8]>, &'static str>>;

fn frame(body: &mut InFlightBody<Drops>) -> Frames {
    now(poll_fn(|context| pin!(&mut *body).poll_frame(context)))
}

#[test]
fn a_request_is_in_flight_until_its_body_has_ended() {
    let (layer, line) = (InFlightLayer::new("ended"), line!());
    let response = layer.layer(Answers(2)).call(Request::new(()));
    assert_eq!(counted("ended"), (1, line), "called, and not polled yet; the place is the layer's");
    let mut body = now(response).unwrap().into_body();
    assert!(frame(&mut body).is_some() && frame(&mut body).is_some());
    assert_eq!(counted("ended").0, 1, "all data is taken, but not the end");
    assert!(frame(&mut body).is_none());
    assert_eq!(counted("ended").0, 0, "ended, though not dropped");
}

#[test]
fn a_request_is_in_flight_until_its_body_fails_or_is_dropped() {
    let mut service = InFlightLayer::new("abandoned").layer(Answers(13));
    let mut failing = now(service.call(Request::new(()))).unwrap().into_body();
    let dropped = now(service.call(Request::new(()))).unwrap();
    let never_polled = service.call(Request::new(()));
    assert_eq!(counted("abandoned").0, 3);
    assert!(frame(&mut failing).is_some_and(|frame| frame.is_err()));
    assert_eq!(counted("abandoned").0, 2);
    drop(dropped);
    assert_eq!(counted("abandoned").0, 1);
    drop(never_polled);
    assert_eq!(counted("abandoned").0, 0);
}

#[test]
fn a_request_that_fails_or_is_cancelled_is_in_flight_no_more() {
    struct Fails;
    impl Service<Request<()>> for Fails {
        type Response = Response<Drops>;
        type Error = &'static str;
        type Future = Pin<Box<dyn Future<Output = Result<Response<Drops>, &'static str>>>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
            Poll::Ready(Err("not ready"))
        }

        fn call(&mut self, request: Request<()>) -> Self::Future {
            if request.uri() == "/fails" { Box::pin(ready(Err("failed"))) } else { Box::pin(pending()) }
        }
    }
    let mut service = InFlightLayer::new("failed").layer(Fails);
    assert_eq!(now(poll_fn(|context| service.poll_ready(context))), Err("not ready"));
    let mut failed = service.call(Request::builder().uri("/fails").body(()).unwrap());
    let mut cancelled = service.call(Request::new(()));
    assert_eq!(counted("failed").0, 2);
    let mut context = Context::from_waker(Waker::noop());
    assert!(matches!(Pin::new(&mut failed).poll(&mut context), Poll::Ready(Err("failed"))));
    assert!(Pin::new(&mut cancelled).poll(&mut context).is_pending());
    assert_eq!(counted("failed").0, 1);
    drop(cancelled);
    assert_eq!(counted("failed").0, 0);
}

#[test]
fn only_http_1_closes_by_a_header_and_only_at_the_end_of_a_request() {
    let closes = |status, version| {
        let mut response = Response::builder().status(status).header(CONNECTION, "keep-alive").body(()).unwrap();
        close_after(&mut response, version);
        response.headers().get(CONNECTION).unwrap() == "close"
    };
    assert!(closes(StatusCode::OK, Version::HTTP_11) && closes(StatusCode::NOT_FOUND, Version::HTTP_10));
    assert!(!closes(StatusCode::SWITCHING_PROTOCOLS, Version::HTTP_11));
    assert!(!closes(StatusCode::OK, Version::HTTP_2) && !closes(StatusCode::OK, Version::HTTP_3));
}

#[test]
fn a_layer_that_answers_by_itself_needs_a_body_of_its_own() {
    let body: InFlightBody<String> = InFlightBody::default();
    assert!(body.is_end_stream());
}

#[test]
fn a_request_is_named_by_its_method_and_route_and_the_names_are_bounded() {
    const LAYER: InFlightLayer =
        InFlightLayer::new("routed").route(|request| request.extensions.get::<&str>().map(|route| (*route).into()));
    let call = |method: &str, route: Option<&'static str>| {
        let mut request = Request::builder().method(method).uri("/orders/4711?token=secret").body(()).unwrap();
        route.map(|route| request.extensions_mut().insert(route));
        LAYER.layer(Answers(1)).call(request)
    };
    let requests =
        [call("GET", Some("/orders/{id}")), call("GET", Some("/orders/{id}")), call("POST", None), call("BREW", None)];
    let names = ["routed GET /orders/{id}", "routed POST", "routed OTHER"];
    assert_eq!(names.map(|name| counted(name).0), [2, 1, 1]);
    assert!(list_in_flight().iter().all(|work| !work.name.contains("secret") && !work.name.contains("4711")));
    drop(requests);
    assert_eq!(names.map(|name| counted(name).0), [0, 0, 0]);
    // A long route is cut between two characters.
    let long = "ä".repeat(300);
    let request = call("GET", Some(Box::leak(long.into_boxed_str())));
    assert_eq!(counted(&format!("routed GET {}", "ä".repeat(100))).0, 1);
    drop(request);
    // A program that takes the path of the client fills the names, and loses no request.
    const CARELESS: InFlightLayer = InFlightLayer::new("careless").route(|request| Some(request.uri.path().into()));
    let many: Vec<_> = (0..1100)
        .map(|number| {
            let request = Request::builder().uri(format!("/orders/{number}")).body(()).unwrap();
            CARELESS.layer(Answers(1)).call(request)
        })
        .collect();
    let work = list_in_flight();
    let of_layer = |work: &&crate::WorkInFlight| work.name.starts_with("careless");
    assert_eq!(work.iter().filter(of_layer).map(|work| work.count).sum::<usize>(), many.len());
    assert!(work.iter().filter(of_layer).count() <= crate::drain::names::MAX_BOUNDED + 1);
    assert!(counted("careless").0 >= 100);
}
