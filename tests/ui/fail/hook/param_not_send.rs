use on_shutdown::on_shutdown;

use std::rc::Rc;

#[on_shutdown]
fn close(_name: Rc<String>) {}

fn main() {}
