use on_shutdown::on_shutdown;

#[on_shutdown]
fn close() -> Result<(), Box<dyn std::error::Error>> {
    Ok(())
}

fn main() {}
