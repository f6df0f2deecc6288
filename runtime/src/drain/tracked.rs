//! Offers futures that are work in flight until they end: servers, spawned work, callbacks.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::in_flight::{InFlight, in_flight};
use super::{Draining, main_work};

pin_project! {
    /// The future of [`serve`](crate::serve) and of [`track`]. It is in flight until it ends or is dropped.
    #[derive(Debug)]
    #[must_use = "the server or the work does not run unless this future is polled: add `.await`, or spawn it"]
    pub struct Tracked<F> {
        #[pin]
        future: F,
        in_flight: Option<InFlight>,
        is_server: bool,
    }
}

impl<F: Future> Future for Tracked<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if *this.is_server {
            // A `main` that awaits a server has something to do after it. Before the server ends, so that the count does
            // not reach zero in between.
            main_work::note_question();
        }
        let output = {
            let _inside = this.in_flight.as_ref().and_then(InFlight::enter);
            ready!(this.future.poll(context))
        };
        *this.in_flight = None;
        Poll::Ready(output)
    }
}

/// Marks a future as work in flight from now until it ends or is dropped. For futures that are spawned.
///
/// See [`in_flight`] for `name`, and [`track_fn`] for a callback that returns a future.
///
/// ```
/// # async fn send_mail(to: &str) {}
/// # async fn run() {
/// // The response does not wait for the mail, but the drain phase does.
/// tokio::spawn(on_shutdown::track("mails", async {
///     send_mail("someone@example.com").await;
/// }));
/// # }
/// ```
#[track_caller]
pub fn track<F: Future>(name: &'static str, future: F) -> Tracked<F> {
    Tracked::new(in_flight(name), future)
}

/// Marks work as in flight from now until the future that `function` returns ends or is dropped.
///
/// For callbacks: the time until the call counts, too. The work ends if the callback is dropped without a call. See
/// [`in_flight`] for `name`.
///
/// An upgraded connection needs it, such as a WebSocket. The server does not count the connection after the upgrade, so
/// neither [`serve`](crate::serve) nor a layer waits for it. With axum:
/// ```
/// use axum::extract::ws::{WebSocket, WebSocketUpgrade};
/// use axum::response::Response;
///
/// async fn open_chat(upgrade: WebSocketUpgrade) -> Response {
///     upgrade.on_upgrade(on_shutdown::track_fn("chat", chat))
/// }
///
/// async fn chat(socket: WebSocket) {
///     // Until the client leaves, or `draining()` resolves. Then send a close frame.
/// }
/// # let _ = open_chat;
/// ```
#[must_use = "the work is in flight only until this is dropped: pass it on as the callback"]
#[track_caller]
pub fn track_fn<A, F: Future>(name: &'static str, function: impl FnOnce(A) -> F) -> impl FnOnce(A) -> Tracked<F> {
    let in_flight = in_flight(name);
    move |argument| Tracked::new(in_flight, function(argument))
}

impl<F> Tracked<F> {
    /// Marks a future as this work in flight.
    pub(crate) fn new(in_flight: InFlight, future: F) -> Self {
        Self { future, in_flight: Some(in_flight), is_server: false }
    }
}

/// Starts a server as this work in flight, with a [`Draining`] future; see [`crate::serve`].
pub(crate) fn serve_with<S, F>(in_flight: InFlight, draining: Draining, server: S) -> Tracked<F::IntoFuture>
where
    S: FnOnce(Draining) -> F,
    F: IntoFuture,
{
    Tracked { future: server(draining).into_future(), in_flight: Some(in_flight), is_server: true }
}
