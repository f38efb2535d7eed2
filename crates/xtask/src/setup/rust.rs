//! The parts of the Rust toolchain that are not always there.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{on_path, say};
use crate::cargo::{self, WASM_TARGET};
use crate::process;

/// Makes sure that rustc can build for wasm.
pub(crate) fn wasm_target() -> Result<()> {
    let libraries =
        process::probe(Command::new("rustc").args(["--print", "target-libdir", "--target", WASM_TARGET]))
            .context("rustc is missing: install Rust from https://rustup.rs")?;
    if Path::new(&libraries).is_dir() {
        return Ok(());
    }
    rustup(&["target", "add", WASM_TARGET])
}

/// Makes sure that `cargo fmt` and `cargo clippy` exist.
pub(crate) fn component(name: &str, subcommand: &str) -> Result<()> {
    if process::probe(&mut cargo::command([subcommand, "--version"])).is_some() {
        return Ok(());
    }
    rustup(&["component", "add", name])
}

fn rustup(args: &[&str]) -> Result<()> {
    let wanted = args.join(" ");
    if on_path("rustup").is_none() {
        bail!(
            "this Rust has no `{}`, and without rustup it cannot be added here: \
               install it from where your Rust came from, or use https://rustup.rs",
            args[args.len() - 1]
        );
    }
    say(&format!("setup: rustup {wanted}"));
    process::quiet(Command::new("rustup").args(args)).with_context(|| {
        format!("could not fetch it; run `rustup {wanted}` with network access, then try again")
    })?;
    Ok(())
}
