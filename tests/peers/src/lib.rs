//! The same ten hooks, the same hostile application and the same judge for on-shutdown and for its peers.

pub mod application;
pub mod cause;
pub mod hook;
pub mod judge;
pub mod pipe;
pub mod table;
pub mod times;

/// What a hook may fail with.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
