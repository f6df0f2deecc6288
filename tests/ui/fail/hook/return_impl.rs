use on_shutdown::on_shutdown;

#[on_shutdown]
fn close() -> impl std::fmt::Display {
    "closed"
}

fn main() {}
