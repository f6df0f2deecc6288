//! Prints figures from real containers: `cargo run -p containers --bin demonstration`. Exits with 1 if one breaks a
//! promise.

use std::process::ExitCode;

use containers::SCENARIOS;

fn main() -> ExitCode {
    println!("Builds its images first, which takes minutes the first time.");
    let results: Vec<_> = SCENARIOS
        .iter()
        .map(|scenario| {
            println!("\n== {}", scenario.title);
            scenario.run()
        })
        .collect();
    let mut holds = true;
    for (scenario, result) in SCENARIOS.iter().zip(results) {
        println!("\n{}", scenario.title);
        match result {
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
