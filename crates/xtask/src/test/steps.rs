//! The steps of `cargo xtask test`, cheap ones first.

use std::env::consts::EXE_SUFFIX;
use std::ffi::OsString;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::builder::PossibleValuesParser;

use crate::cargo::{self, CRATES_WITH_STEPS, WASM_CRATES, WASM_TARGET};
use crate::emulator::Emulator;
use crate::setup::{browser, node, python, redis, rust};
use crate::{core_imports, demo, fuzz, pkg, process, repo, size};

/// One step.
pub(super) struct Step {
    /// What `--only` calls it.
    pub(super) name: &'static str,
    /// What it does, in a few words.
    pub(super) about: &'static str,
    /// Steps without which this one makes no sense.
    pub(super) needs: &'static [&'static str],
    /// Whether `--fast` leaves it out.
    pub(super) slow: bool,
    /// Does it.
    pub(super) run: fn() -> Result<()>,
}

impl Step {
    const fn new(name: &'static str, about: &'static str, run: fn() -> Result<()>) -> Self {
        Self { name, about, needs: &[], slow: false, run }
    }

    const fn needs(self, needs: &'static [&'static str]) -> Self {
        Self { needs, ..self }
    }

    const fn slow(self) -> Self {
        Self { slow: true, ..self }
    }
}

/// All steps, in their order.
pub(super) const STEPS: &[Step] = &[
    Step::new("fmt", "Rust formatting", fmt),
    Step::new("clippy", "lints of the native crates", clippy),
    Step::new("clippy-wasm", "lints of the wasm crates", clippy_wasm),
    Step::new("core-imports", "the core asks nothing of its host", core_imports::check),
    Step::new("rust", "Rust tests", rust_tests),
    Step::new("rust-node", "Rust tests of the wasm crates, in Node", rust_tests_in_node),
    Step::new("rust-browser", "Rust tests of the wasm crates, in headless Chromium", rust_tests_in_browser)
        .slow(),
    Step::new("features", "lints and tests of optional features", features).slow(),
    Step::new("interop", "the native adapter with token servers of other people", interop).slow(),
    Step::new("chaos", "many processes, one rotating credential, and a bad day of two minutes", chaos).slow(),
    Step::new("doc", "Rust documentation without warnings", doc).slow(),
    Step::new("pkg", "build of the npm package", pkg::run),
    Step::new("types", "TypeScript types as users see them", types).needs(&["pkg"]),
    Step::new("size", "size budget", size::check).needs(&["pkg"]),
    Step::new("node", "npm package in Node, and its stores against a real Redis", node_tests).needs(&["pkg"]),
    Step::new("interop-node", "the npm package with token servers of other people", interop_in_node)
        .needs(&["pkg"])
        .slow(),
    Step::new("demo", "the main job natively and in Node, compared", demo::compare).needs(&["pkg"]),
    Step::new("browser", "npm package in headless Chromium", browser_tests).needs(&["pkg"]).slow(),
    Step::new("fuzz", "fuzz targets: the kept inputs, and a short search", fuzz::check).slow(),
];

/// What `--only` accepts.
pub(super) fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(STEPS.iter().map(|step| step.name))
}

fn fmt() -> Result<()> {
    rust::component("rustfmt", "fmt")?;
    process::run(&mut cargo::command(["fmt", "--all", "--check"]))
}

fn clippy() -> Result<()> {
    rust::component("clippy", "clippy")?;
    let mut command = cargo::command(["clippy", "--all-targets"]);
    process::run(all_but_wasm(&mut command).args(["--", "-D", "warnings"]))
}

fn clippy_wasm() -> Result<()> {
    rust::component("clippy", "clippy")?;
    rust::wasm_target()?;
    let mut command = cargo::command(["clippy", "--all-targets"]);
    process::run(only_wasm(&mut command).args(["--", "-D", "warnings"]))
}

fn rust_tests() -> Result<()> {
    let mut command = cargo::command(["test", "--no-fail-fast"]);
    all_but_wasm(&mut command);
    for name in CRATES_WITH_STEPS {
        command.args(["--exclude", name]);
    }
    process::run(command.env("REDIS_SERVER", redis::ready()?))
}

fn interop() -> Result<()> {
    interop_servers()?;
    process::run(&mut cargo::command(["test", "--no-fail-fast", "-p", "interop"]))
}

/// With its table of figures, which a test that succeeds would not show.
fn chaos() -> Result<()> {
    let mut command = cargo::command(["test", "-p", "chaos", "--", "--nocapture"]);
    process::run(command.env("REDIS_SERVER", redis::ready()?))
}

fn interop_in_node() -> Result<()> {
    interop_servers()?;
    node::ready()?;
    let mut command = node::command();
    command.args(["--test", "--test-reporter=spec"]).args(node_test_files("test/interop")?);
    process::run(&mut command)
}

fn interop_servers() -> Result<()> {
    let folder = repo::interop_servers();
    node::packages(&folder)?;
    python::ready(&folder)
}

/// What the other steps leave out, because no crate of this workspace asks for it.
fn features() -> Result<()> {
    rust::component("clippy", "clippy")?;
    let adapter = ["-p", "grantline-reqwest"];
    for features in ["", "rustls", "rustls,keyring"] {
        let mut command =
            cargo::command(["clippy", "--all-targets", "--no-default-features", "--features", features]);
        process::run(command.args(adapter).args(["--", "-D", "warnings"]))?;
    }
    for features in ["", "keyring"] {
        let mut tests = cargo::command(["test", "--no-fail-fast", "--features", features]);
        process::run(tests.args(adapter))?;
    }
    let mut redis = cargo::command(["clippy", "--all-targets", "-p", "grantline-redis", "--features", "tls"]);
    process::run(redis.args(["--", "-D", "warnings"]))
}

fn rust_tests_in_node() -> Result<()> {
    rust::wasm_target()?;
    node::ready()?;
    process::run(&mut wasm_tests())
}

fn rust_tests_in_browser() -> Result<()> {
    rust::wasm_target()?;
    let driver = browser::driver()?;
    process::run(wasm_tests().env("CHROMEDRIVER", driver).env("WASM_BINDGEN_USE_BROWSER", "1"))
}

/// Without doctests, which the runner does not know.
fn wasm_tests() -> Command {
    let mut command = cargo::command(["test", "--no-fail-fast", "--lib", "--tests"]);
    only_wasm(&mut command);
    command
}

fn doc() -> Result<()> {
    rust::wasm_target()?;
    for select in [all_but_wasm, only_wasm] {
        let mut command = cargo::command(["doc", "--no-deps"]);
        process::run(select(&mut command).env("RUSTDOCFLAGS", "-D warnings"))?;
    }
    Ok(())
}

fn types() -> Result<()> {
    node::ready()?;
    pkg::typescript(&["--project", "test/types"])?;
    pkg::typescript(&["--project", "test/types", "--module", "esnext", "--moduleResolution", "bundler"])?;
    println!("the types hold for Node's module resolution and for that of bundlers");
    Ok(())
}

fn node_tests() -> Result<()> {
    node::ready()?;
    let redis = redis::ready()?;
    // With the rest of the workspace, so that its dependencies are those of the Rust tests.
    let mut fleet = cargo::command(["build"]);
    all_but_wasm(&mut fleet).args(["--example", "fleet"]);
    let fleet = cargo::build(fleet, EXE_SUFFIX, &[])?;
    let emulator = Emulator::start()?;
    let mut command = node::command();
    command.args(["--test", "--test-reporter=spec"]).args(node_test_files("test/node")?);
    command.env("REDIS_SERVER", redis).env("GRANTLINE_FLEET", fleet);
    emulator.announce(&mut command);
    process::run(&mut command)
}

/// Named one by one: versions of Node differ in what `--test` does with a folder or a pattern.
fn node_test_files(folder: &str) -> Result<Vec<OsString>> {
    let folder = repo::pkg().join(folder);
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".test.mjs") {
            files.push(path.into_os_string());
        }
    }
    files.sort();
    if files.is_empty() {
        bail!("there is no *.test.mjs in {}", repo::relative(&folder));
    }
    Ok(files)
}

fn browser_tests() -> Result<()> {
    node::ready()?;
    let chromium = browser::ready()?;
    let emulator = Emulator::start()?;
    let mut command = node::command();
    command.arg("test/browser/run.mjs").env("CHROME", chromium);
    emulator.announce(&mut command);
    process::run(&mut command)
}

fn all_but_wasm(command: &mut Command) -> &mut Command {
    command.arg("--workspace");
    for name in WASM_CRATES {
        command.args(["--exclude", name]);
    }
    command
}

fn only_wasm(command: &mut Command) -> &mut Command {
    command.args(["--target", WASM_TARGET]);
    for name in WASM_CRATES {
        command.args(["-p", name]);
    }
    command
}
