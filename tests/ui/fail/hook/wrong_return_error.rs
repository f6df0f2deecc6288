use on_shutdown::on_shutdown;

struct NoDisplay;

#[on_shutdown]
fn close() -> Result<(), NoDisplay> {
    Ok(())
}

fn main() {}
