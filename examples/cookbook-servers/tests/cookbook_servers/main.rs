//! Runs each recipe, sends real requests, and stops it by a real signal.

#[cfg(test)]
mod actix_web;
#[cfg(test)]
mod axum_limit;
#[cfg(test)]
mod client;
#[cfg(test)]
mod hyper_tls_unix;
#[cfg(test)]
mod quic;
#[cfg(test)]
mod raw_tcp;
#[cfg(test)]
mod rocket;
#[cfg(test)]
mod tonic_health;
#[cfg(test)]
mod warp;
