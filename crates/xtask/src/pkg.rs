//! `cargo xtask pkg`: the npm package, from Rust and TypeScript to files that can be published.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::cargo::{self, WASM_TARGET};
use crate::setup::{self, node, rust};
use crate::{process, repo, snip};

/// Builds `pkg/wasm` and `pkg/dist`.
pub(crate) fn run() -> Result<()> {
    rust::wasm_target()?;
    node::ready()?;
    setup::say("pkg: compiling grantline-wasm (optimised for size)");
    let module = compile()?;
    let mute = module.with_file_name("mute.wasm");
    snip::run(&module, &mute)?;
    setup::say("pkg: generating the JavaScript bindings");
    bind(&mute)?;
    setup::say("pkg: shrinking");
    optimize()?;
    validate()?;
    minify()?;
    setup::say("pkg: compiling TypeScript");
    compile_typescript()?;
    copy_licences()?;
    setup::say(&format!(
        "pkg: ready in {}/ (wasm {} bytes)",
        repo::relative(&repo::pkg()),
        length(&repo::wasm())?
    ));
    Ok(())
}

/// The cdylib is asked for here and not declared in the manifest, where it would cost link-time optimisation.
fn compile() -> Result<PathBuf> {
    let command = cargo::command([
        "rustc",
        "--profile",
        "wasm",
        "--target",
        WASM_TARGET,
        "-p",
        "grantline-wasm",
        "--lib",
        "--crate-type",
        "cdylib",
    ]);
    cargo::build(command, ".wasm", &[])
}

/// Leaves the default URL of the module out of the glue: the entries name it, and a bundler would copy it twice.
fn bind(module: &Path) -> Result<()> {
    let out = repo::pkg().join("wasm");
    empty(&out)?;
    let options = [
        "wasm-bindgen",
        "--target=web",
        "--out-name=grantline",
        "--omit-default-module-path",
        "--remove-name-section",
        "--remove-producers-section",
        "--out-dir",
    ];
    let args = options.iter().map(Into::into).chain([out.into_os_string(), module.into()]);
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
fn optimize() -> Result<()> {
    let Some(mut wasm_opt) = node::tool("wasm-opt") else {
        setup::say("pkg: binaryen is not installed, so the module stays a few percent larger");
        return Ok(());
    };
    process::quiet(wasm_opt.args(SHRINK).arg(repo::wasm()).arg("-o").arg(repo::wasm())).map(drop)
}

fn validate() -> Result<()> {
    let script = "new WebAssembly.Module(require('node:fs').readFileSync(process.argv[1]))";
    process::quiet(node::command().args(["--eval", script]).arg(repo::wasm()))
        .context("Node does not accept the wasm module")?;
    Ok(())
}

fn minify() -> Result<()> {
    let Some(mut esbuild) = node::tool("esbuild") else {
        setup::say("pkg: esbuild is not installed, so the glue stays readable and larger");
        return Ok(());
    };
    let glue = repo::glue();
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

/// npm packs nothing from outside the package folder.
fn copy_licences() -> Result<()> {
    for name in ["LICENSE-APACHE", "LICENSE-MIT"] {
        fs::copy(repo::root().join(name), repo::pkg().join(name))
            .with_context(|| format!("cannot copy {name}"))?;
    }
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
