//! Holds the ten hooks, the hostile application and the judge that on-shutdown and its peers share.

pub mod application;
pub mod cause;
pub mod hook;
pub mod judge;
pub mod pipe;
pub mod table;
pub mod times;

/// What a hook may fail with.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
