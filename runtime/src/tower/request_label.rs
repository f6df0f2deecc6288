//! Names the route of a request, so that the report says which requests were cut off.

use std::borrow::Cow;
use std::fmt::Write;

use http::{Extensions, Method, Uri};

use crate::drain::names;
use crate::drain::sites::Site;

/// Maximum size of a route in a name, in bytes. Longer ones are cut.
const MAX_ROUTE: usize = 200;

/// What a request says before its body, for the function of [`InFlightLayer::route`](super::InFlightLayer::route).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RequestHead<'a> {
    /// The method. The label has it already.
    pub method: &'a Method,
    /// The address. Its query and the values in its path may be personal.
    pub uri: &'a Uri,
    /// What the framework and earlier layers have attached, such as axum's `MatchedPath`.
    pub extensions: &'a Extensions,
}

/// The function that names the route of a request.
pub(super) type RouteFn = for<'a> fn(RequestHead<'a>) -> Option<Cow<'a, str>>;

/// Returns the site of this request: its name has the method and the route.
pub(super) fn site_of(head: RequestHead<'_>, route: RouteFn, layer: Site) -> Site {
    let mut name = format!("{} {}", layer.name, known_method(head.method));
    if let Some(route) = route(head) {
        let end = (0..=route.len().min(MAX_ROUTE)).rev().find(|at| route.is_char_boundary(*at)).unwrap_or(0);
        // Writing to a `String` cannot fail.
        let _ = write!(name, " {}", route.get(..end).unwrap_or_default());
    }
    // Without room for the name, the request is one of the layer, as without a route.
    Site { name: names::keep_bounded(&name).unwrap_or(layer.name), location: layer.location }
}

/// Returns the name of the method. A client can send any other, which would be another name each time.
fn known_method(method: &Method) -> &'static str {
    const KNOWN: [(&Method, &str); 9] = [
        (&Method::GET, "GET"),
        (&Method::POST, "POST"),
        (&Method::PUT, "PUT"),
        (&Method::DELETE, "DELETE"),
        (&Method::PATCH, "PATCH"),
        (&Method::HEAD, "HEAD"),
        (&Method::OPTIONS, "OPTIONS"),
        (&Method::CONNECT, "CONNECT"),
        (&Method::TRACE, "TRACE"),
    ];
    KNOWN.iter().find(|(known, _)| *known == method).map_or("OTHER", |(_, name)| name)
}
