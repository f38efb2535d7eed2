//! `cargo xtask demo`: the JavaScript demo, with everything it needs.

use std::ffi::OsString;

use anyhow::Result;
use clap::Args;

use crate::emulator::Emulator;
use crate::setup::{self, node};
use crate::{pkg, process};

/// Options of the command.
#[derive(Args)]
pub(crate) struct Options {
    /// Passed on to pkg/demo/demo.mjs
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

/// Builds the package, starts an emulator, and runs `pkg/demo/demo.mjs` against it.
pub(crate) fn run(options: &Options) -> Result<()> {
    pkg::run()?;
    setup::say("demo: starting the emulator");
    let emulator = Emulator::start()?;
    let mut demo = node::command();
    demo.arg("demo/demo.mjs").args(&options.args);
    emulator.announce(&mut demo);
    process::run(&mut demo)
}
