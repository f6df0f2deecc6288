//! Tests the worst day: the shutdown continues, ends in time, and names the culprit, even if hooks and program
//! misbehave.

mod culprit;
#[cfg(target_os = "linux")]
mod diagnosis;
mod hostile;
mod isolation;
mod json_lines;
mod last_resort;
mod wedged;
