//! Builds, tests and measures Grantline: `cargo xtask <command>`.
//!
//! Every command sets up what it needs (the wasm target, npm packages, a browser) and says what it is doing.
//! One module per command or concern; nothing here is published.

mod cargo;
mod core_imports;
mod demo;
mod emulator;
mod fuzz;
mod pkg;
mod process;
mod rename;
mod repo;
mod setup;
mod size;
mod snip;
mod test;
mod test_runner;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Builds, tests and measures Grantline. Every command sets up what it needs.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run every check and every test there is
    Test(test::Options),
    /// Build the npm package into pkg/
    Pkg,
    /// Run the JavaScript demo against an emulator of the four systems
    Demo(demo::Options),
    /// Look for inputs that break the core
    Fuzz(fuzz::Options),
    /// Measure what a browser downloads, and fail when it is over the budget
    Size(size::Options),
    /// Run a wasm test binary (cargo calls this; see .cargo/config.toml)
    #[command(hide = true, disable_help_flag = true)]
    TestRunner {
        /// Passed on unchanged
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Test(options) => return Ok(test::run(&options)),
        Command::Pkg => pkg::run()?,
        Command::Demo(options) => demo::run(&options)?,
        Command::Fuzz(options) => fuzz::run(&options)?,
        Command::Size(options) => size::run(&options)?,
        Command::TestRunner { args } => test_runner::run(args)?,
    }
    Ok(ExitCode::SUCCESS)
}
