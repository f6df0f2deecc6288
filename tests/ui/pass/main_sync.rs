//! A sync `main`, which needs no async runtime.

#![deny(warnings)]

#[on_shutdown::main(grace_period = "1m", drain_delay = "0ms", signals = [15])]
fn main() -> Result<(), std::num::ParseIntError> {
    let number: u8 = "3".parse()?;
    drop(number.to_string());
    Ok(())
}
