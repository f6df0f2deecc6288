//! Declares a hook of a second library, which runs last.

use on_shutdown::on_shutdown;

#[on_shutdown(phase = finalize)]
fn flush_metrics() {
    println!("metrics: flush");
}

#[on_shutdown(phase = deregister, priority = -1)]
fn count_the_stop() {
    println!("metrics: count the stop");
}
