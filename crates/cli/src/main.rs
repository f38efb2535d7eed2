//! The command line of Grantline.
//!
//! Exit codes: 0 fine, 1 failed, 2 wrong use, 3 a person must reconnect. What a program may read goes to standard
//! output, everything for people to standard error.

#![warn(clippy::print_stdout, reason = "a reader that leaves would make it panic: see `output`")]

mod args;
mod commands;
mod connector;
mod diagnose;
mod failure;
mod life;
mod output;
mod rehearsal;
mod stand_in;
mod table;
mod values;

use args::{Args, Command};
use clap::Parser;
use failure::Failure;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    match run(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            failure.exit_code()
        }
    }
}

async fn run(args: Args) -> Result<(), Failure> {
    match args.command {
        Command::Demo(options) => commands::demo::run(&options).await,
        Command::Connectors(options) => commands::connectors::run(&options),
        Command::Token(options) => commands::token::run(&options).await,
        Command::Call(options) => commands::call::run(&options).await,
        Command::Check(options) => commands::check::run(&options),
        Command::Plan(options) => commands::plan::run(&options),
        Command::Parse(options) => commands::parse::run(&options),
        Command::New(options) => commands::new::run(&options),
        Command::Test(options) => commands::test::run(&options).await,
        Command::Key(_) => commands::key::run(),
        Command::Import(options) => commands::import::run(&options),
        Command::Emulate(options) => commands::emulate::run(&options).await,
    }
}
