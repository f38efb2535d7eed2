//! `cargo xtask demo`: the main job in Node, through the npm package, with everything it needs.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::{Map, Value};

use crate::emulator::Emulator;
use crate::setup::{self, node};
use crate::{cargo, pkg, process};

/// Options of the command.
#[derive(Args)]
pub(crate) struct Options {
    /// Print one JSON object and nothing else
    #[arg(long)]
    json: bool,
}

/// Builds the package, starts an emulator, and runs `pkg/demo/demo.mjs` against it. Its rows are printed by the
/// command line, so that the table is the one of `grantline demo`.
pub(crate) fn run(options: &Options) -> Result<()> {
    pkg::run()?;
    setup::say("demo: starting the emulator");
    let emulator = Emulator::start()?;
    if options.json {
        return process::run(node_demo(&emulator).arg("--json"));
    }
    let mut demo = node_demo(&emulator)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start node")?;
    let rows = demo.stdout.take().context("node has no stdout")?;
    let table = Command::new(cargo::build_cli()?).args(["demo", "--rows"]).stdin(rows).status()?;
    if !demo.wait()?.success() || !table.success() {
        bail!("the demo failed");
    }
    Ok(())
}

/// Runs the demo natively and in Node, and compares what they found: the same job has the same outcome.
pub(crate) fn compare() -> Result<()> {
    node::ready()?;
    let emulator = Emulator::start()?;
    let outcome = |output: String| serde_json::from_str::<Value>(&output).context("the demo printed no JSON");
    let native = outcome(process::quiet(Command::new(cargo::build_cli()?).args(["demo", "--json"]))?)?;
    let node = outcome(process::quiet(node_demo(&emulator).arg("--json"))?)?;
    if native != node {
        bail!("the demos differ\n  native: {native}\n  Node:   {node}");
    }
    println!(
        "{} systems, the same outcome natively and in Node",
        native["systems"].as_object().map_or(0, Map::len)
    );
    Ok(())
}

fn node_demo(emulator: &Emulator) -> Command {
    let mut command = node::command();
    command.arg("demo/demo.mjs");
    emulator.announce(&mut command);
    command
}
