//! A command of which one subcommand is a service (`clap`). The others stop at Ctrl-C as commands do.
//!
//! Run `cargo run -p cookbook --bin subcommands -- serve --grace-period 20`, or `-- migrate`.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use on_shutdown::{Settings, on_shutdown};

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the service.
    Serve {
        /// Seconds until the platform kills the service. Default: the variable `ON_SHUTDOWN_GRACE_PERIOD`, or the platform's.
        #[arg(long)]
        grace_period: Option<u64>,
    },
    /// Changes the database, and ends.
    Migrate,
}

/// Linked into each subcommand, and run by the one that installs the shutdown.
#[on_shutdown(phase = close)]
fn close_pool() {
    println!("the pool is closed");
}

/// Installs by a call, because the settings come from the command line. Without an install no signal is handled.
fn serve(grace_period: Option<u64>) -> ExitCode {
    let settings = Settings::new().version(env!("CARGO_PKG_VERSION"));
    let settings = match grace_period {
        Some(seconds) => settings.grace_period(Duration::from_secs(seconds)),
        None => settings,
    };
    settings.run(|| -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(on_shutdown::serve("service", |draining| async {
            println!("ready");
            draining.await;
        }));
        Ok(())
    })
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Serve { grace_period } => serve(grace_period),
        Command::Migrate => {
            println!("the database is up to date");
            ExitCode::SUCCESS
        }
    }
}
