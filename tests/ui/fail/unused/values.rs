//! Each statement drops a future or a guard at once.
#![deny(unused_must_use)]

use http::{Request, Response};
use on_shutdown::tower::{InFlightLayer, Readiness};
use on_shutdown::{Handle, HookContext, HookSettings, Registration, Settings};
use std::future::{Ready, ready};
use tower_layer::Layer;
use tower_service::Service;

struct Pages;

impl Service<Request<()>> for Pages {
    type Response = Response<String>;
    type Error = ();
    type Future = Ready<Result<Response<String>, ()>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), ()>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(Response::new(String::new())))
    }
}

fn values(handle: &Handle, context: &HookContext, registration: Registration) {
    on_shutdown::serve("http", |draining| draining);
    on_shutdown::track("job", ready(()));
    on_shutdown::track_fn("websocket", |()| ready(()));
    on_shutdown::in_flight("order");
    on_shutdown::leaving();
    on_shutdown::draining();
    handle.ended();
    context.fast_shutdown();
    InFlightLayer::new("http");
    InFlightLayer::new("http").layer(Pages);
    InFlightLayer::new("http").layer(Pages).call(Request::new(()));
    Readiness::new();
    Settings::new();
    Settings::new().install().unwrap();
    HookSettings::new();
    registration.into_guard();
}

fn main() {}
