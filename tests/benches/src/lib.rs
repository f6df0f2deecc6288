//! What every measured program is linked to: moments in, eight bytes for each on stdout out.

pub mod child;
