//! `cargo xtask pkg`: the npm package, from Rust and TypeScript to files that can be published.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::cargo::{self, WASM_TARGET};
use crate::repo::Module;
use crate::setup::{self, node, rust};
use crate::{process, rename, repo, snip};

/// Builds `pkg/wasm` and `pkg/dist`.
pub(crate) fn run() -> Result<()> {
    rust::wasm_target()?;
    node::ready()?;
    empty(&repo::pkg().join("wasm"))?;
    for module in [Module::MAIN, Module::COMPLETE] {
        build(&module)?;
    }
    setup::say("pkg: compiling TypeScript");
    compile_typescript()?;
    copy_licences()?;
    let (main, complete) = (length(&Module::MAIN.wasm())?, length(&Module::COMPLETE.wasm())?);
    let folder = repo::relative(&repo::pkg());
    setup::say(&format!("pkg: ready in {folder}/ (wasm {main} bytes, complete {complete})"));
    Ok(())
}

fn build(module: &Module) -> Result<()> {
    setup::say(&format!("pkg: compiling {} (optimised for size)", module.package));
    let compiled = compile(module)?;
    let mute = compiled.with_file_name("mute.wasm");
    snip::run(&compiled, &mute)?;
    setup::say("pkg: generating the JavaScript bindings");
    bind(module, &mute)?;
    rename::run(module)?;
    setup::say("pkg: shrinking");
    optimize(module)?;
    validate(module)?;
    minify(module)
}

/// The cdylib is asked for here and not declared in the manifest, where it would cost link-time optimisation.
fn compile(module: &Module) -> Result<PathBuf> {
    let command = cargo::command([
        "rustc",
        "--profile",
        "wasm",
        "--target",
        WASM_TARGET,
        "-p",
        module.package,
        "--lib",
        "--crate-type",
        "cdylib",
    ]);
    cargo::build(command, ".wasm", &[])
}

/// Leaves the default URL of the module out of the glue: the entries name it, and a bundler would copy it twice.
fn bind(module: &Module, compiled: &Path) -> Result<()> {
    let out = repo::pkg().join("wasm");
    let name = format!("--out-name={}", module.name);
    let options = [
        "wasm-bindgen",
        "--target=web",
        &name,
        "--omit-default-module-path",
        "--remove-name-section",
        "--remove-producers-section",
        "--out-dir",
    ];
    let args = options.iter().map(Into::into).chain([out.into_os_string(), compiled.into()]);
    wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(args).context("wasm-bindgen failed")
}

/// Undoing LLVM's control flow and structuring it anew takes more than a percent off, and a second time a little; the
/// passes between clean up. The first kilobyte of the memory is the last one of the stack, which no address is
/// computed from.
const SHRINK: [&str; 10] = [
    "--low-memory-unused",
    "-Oz",
    "--flatten",
    "--rereloop",
    "-Oz",
    "-Oz",
    "--flatten",
    "--rereloop",
    "-Oz",
    "-Oz",
];

/// Without feature flags, wasm-opt keeps to the features that the module declares; with `--all-features` it
/// writes modules that Node 20 cannot read. `--traps-never-happen` would take the bounds checks away.
fn optimize(module: &Module) -> Result<()> {
    let Some(mut wasm_opt) = node::tool("wasm-opt") else {
        setup::say("pkg: binaryen is not installed, so the module stays a few percent larger");
        return Ok(());
    };
    process::quiet(wasm_opt.args(SHRINK).arg(module.wasm()).arg("-o").arg(module.wasm())).map(drop)
}

fn validate(module: &Module) -> Result<()> {
    let script = "new WebAssembly.Module(require('node:fs').readFileSync(process.argv[1]))";
    process::quiet(node::command().args(["--eval", script]).arg(module.wasm()))
        .context("Node does not accept the wasm module")?;
    Ok(())
}

fn minify(module: &Module) -> Result<()> {
    let Some(mut esbuild) = node::tool("esbuild") else {
        setup::say("pkg: esbuild is not installed, so the glue stays readable and larger");
        return Ok(());
    };
    let glue = module.glue();
    let minified =
        process::quiet(esbuild.args(["--minify", "--target=es2022", "--log-level=warning"]).arg(&glue))?;
    fs::write(&glue, minified).with_context(|| format!("cannot write {}", glue.display()))
}

fn compile_typescript() -> Result<()> {
    empty(&repo::pkg().join("dist"))?;
    typescript(&["--project", "."])
}

/// Runs the TypeScript compiler of `pkg/`.
pub(crate) fn typescript(args: &[&str]) -> Result<()> {
    let mut tsc = node::tool("tsc").context("typescript is not in pkg/node_modules: run `npm ci` in pkg/")?;
    process::quiet(tsc.args(["--pretty", "false"]).args(args)).map(drop)
}

/// npm packs nothing from outside the package folder: neither the licences nor the schema for editors.
fn copy_licences() -> Result<()> {
    for name in ["LICENSE-APACHE", "LICENSE-MIT"] {
        fs::copy(repo::root().join(name), repo::pkg().join(name))
            .with_context(|| format!("cannot copy {name}"))?;
    }
    let schema = "connector.schema.json";
    fs::copy(repo::root().join("crates/connectors/connectors").join(schema), repo::pkg().join(schema))
        .with_context(|| format!("cannot copy {schema}"))?;
    Ok(())
}

/// Files of an earlier build must not end up in the package.
fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))
}

fn length(path: &Path) -> Result<u64> {
    Ok(fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?.len())
}
