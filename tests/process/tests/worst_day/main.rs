//! The worst day: whatever hooks and program do, the shutdown goes on, ends in time, and names the culprit.

mod culprit;
mod hostile;
mod isolation;
mod last_resort;
mod wedged;
