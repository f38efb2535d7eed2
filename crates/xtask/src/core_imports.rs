//! Proof that the core does nothing but compute: built for wasm, it must import nothing at all.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use wasmparser::{Parser, Payload};

use crate::cargo::{self, WASM_TARGET};
use crate::setup::rust;

/// Builds `grantline-core` as a wasm module and fails when the host would have to provide anything.
pub(crate) fn check() -> Result<()> {
    rust::wasm_target()?;
    let build = cargo::command([
        "rustc",
        "-p",
        "grantline-core",
        "--lib",
        "--target",
        WASM_TARGET,
        "--crate-type",
        "cdylib",
    ]);
    // Nothing is exported, so the linker would otherwise throw everything away and leave nothing to check.
    let module = cargo::build(build, ".wasm", &["-C", "link-arg=--no-gc-sections"])?;
    let imports = imports(&module)?;
    if !imports.is_empty() {
        bail!("grantline-core must not need its host, but it imports: {}", imports.join(", "));
    }
    println!("grantline-core imports nothing");
    Ok(())
}

fn imports(module: &Path) -> Result<Vec<String>> {
    let bytes = fs::read(module).with_context(|| format!("cannot read {}", module.display()))?;
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(&bytes) {
        if let Payload::ImportSection(section) = payload? {
            for import in section.into_imports() {
                let import = import?;
                found.push(format!("{}.{}", import.module, import.name));
            }
        }
    }
    Ok(found)
}
