use on_shutdown::on_shutdown;

#[on_shutdown]
fn close() -> i32 {
    0
}

fn main() {}
