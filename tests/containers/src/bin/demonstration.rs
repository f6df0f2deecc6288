//! Docker in, figures out: `cargo run -p containers --bin demonstration`. Exit code 1 when one is not as promised.

use std::process::ExitCode;

use containers::SCENARIOS;

fn main() -> ExitCode {
    let mut holds = true;
    for scenario in SCENARIOS {
        println!("\n{}", scenario.title);
        match scenario.run() {
            Ok(figures) => {
                figures.iter().for_each(|figure| println!("  {figure}"));
                holds &= figures.iter().all(|figure| figure.holds);
            }
            Err(why) => {
                println!("  cannot run here: {why}");
                holds = false;
            }
        }
    }
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
