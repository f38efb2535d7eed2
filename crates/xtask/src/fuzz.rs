//! `cargo xtask fuzz`: the fuzz targets of `fuzz/`, on the stable toolchain.
//!
//! What `cargo fuzz` does with `--sanitizer none`: coverage comes from LLVM's pass, which stable has, and the core is
//! safe code, for which the sanitizers of nightly find nothing.

mod run;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::setup::{cxx, rust, say};
use crate::{cargo, process, repo};
use run::Target;

/// The targets, as in `fuzz/fuzz_targets`.
const TARGETS: [&str; 5] = ["manifest", "template", "response", "advance", "snapshot"];
/// How long `cargo xtask test` fuzzes each target.
const SHORT: u64 = 15;

/// What `cargo fuzz` passes for `--sanitizer none`.
const INSTRUMENTS: [&str; 8] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
    "-Ccodegen-units=1",
    "--cfg=fuzzing",
];

/// Options of the command.
#[derive(Args)]
pub(crate) struct Options {
    /// Only this target
    #[arg(value_parser = TARGETS)]
    target: Option<String>,
    /// How long to fuzz each target
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u64,
    /// Run this one input, and say what it does
    #[arg(long, value_name = "FILE", requires = "target", conflicts_with = "minimize")]
    replay: Option<PathBuf>,
    /// Write the corpus anew: as few inputs as reach what the vectors, the corpus and past runs reach
    #[arg(long)]
    minimize: bool,
}

/// Runs the command.
pub(crate) fn run(options: &Options) -> Result<()> {
    let targets = build()?;
    let chosen =
        || targets.iter().filter(|target| options.target.as_ref().is_none_or(|name| *name == target.name));
    if let Some(file) = &options.replay {
        return chosen().try_for_each(|target| target.replay(file));
    }
    if options.minimize {
        let seeds = seeds()?;
        return chosen().try_for_each(|target| target.minimize(&seeds));
    }
    all(chosen(), options.seconds)
}

/// The step of `cargo xtask test`: lints, every input that is kept, and a short search.
pub(crate) fn check() -> Result<()> {
    rust::component("rustfmt", "fmt")?;
    rust::component("clippy", "clippy")?;
    process::run(&mut command(["fmt", "--check"]))?;
    process::run(
        command(["clippy", "--all-targets"]).arg("--target-dir").arg(place()).args(["--", "-D", "warnings"]),
    )?;
    all(build()?.iter(), SHORT)
}

/// All of them even if one fails: each may have found something.
fn all<'a>(targets: impl Iterator<Item = &'a Target>, seconds: u64) -> Result<()> {
    let failed: Vec<String> =
        targets.filter_map(|target| target.search(seconds).err()).map(|error| format!("{error:#}")).collect();
    if failed.is_empty() { Ok(()) } else { bail!("{}", failed.join("\n")) }
}

/// A cargo command for the package of the targets, which is no member of this workspace.
fn command<const N: usize>(args: [&str; N]) -> Command {
    let mut command = cargo::command(args);
    command.args(["--manifest-path", "fuzz/Cargo.toml"]);
    command
}

/// Everything that is built or found on the way. Nothing else has the instruments in it.
fn place() -> PathBuf {
    repo::root().join("target/fuzz")
}

fn build() -> Result<Vec<Target>> {
    cxx::ready()?;
    let host = host()?;
    say("fuzz: building the targets (a minute the first time)");
    let mut build = command(["build", "--release", "--bins"]);
    // With a target named, cargo keeps the instruments out of build scripts and macros.
    build.args(["--target", &host]).arg("--target-dir").arg(place());
    build.env_remove("CARGO_ENCODED_RUSTFLAGS").env("RUSTFLAGS", INSTRUMENTS.join(" "));
    process::run(&mut build)?;
    let folder = place().join(&host).join("release");
    Ok(TARGETS.iter().map(|name| Target { name, program: folder.join(name) }).collect())
}

fn host() -> Result<String> {
    let about = process::probe(Command::new("rustc").arg("-vV")).context("rustc is missing: install Rust")?;
    let line = about.lines().find_map(|line| line.strip_prefix("host: "));
    line.map(str::to_owned).context("`rustc -vV` names no host")
}

/// A folder with what the vectors hold, as inputs.
fn seeds() -> Result<PathBuf> {
    let folder = place().join("seeds");
    clear(&folder)?;
    let mut seed = command(["run", "--example", "seed"]);
    process::run(seed.arg("--target-dir").arg(place()).arg("--").arg(&folder))?;
    Ok(folder)
}

/// An empty folder.
fn clear(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    make(folder)
}

fn make(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}
