use on_shutdown::on_shutdown;

#[on_shutdown]
fn close() -> dyn std::error::Error + {
    todo!()
}

fn main() {}
