//! Proof that the core does nothing but compute: built for wasm, it must import nothing at all.

use std::fs;

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
    // The module exports nothing, so all of it is dead code: the first option has it compiled nevertheless, the
    // second has it linked. Without either, there would be nothing left to check.
    let keep_all = ["-C", "link-dead-code", "-C", "link-arg=--no-gc-sections"];
    let module = cargo::build(build, ".wasm", &keep_all)?;
    let bytes = fs::read(&module).with_context(|| format!("cannot read {}", module.display()))?;
    let imports = imports(&bytes)?;
    if !imports.is_empty() {
        bail!("grantline-core must not need its host, but it imports: {}", imports.join(", "));
    }
    println!("grantline-core imports nothing");
    Ok(())
}

fn imports(module: &[u8]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::ImportSection(section) = payload? {
            for import in section.into_imports() {
                let import = import?;
                found.push(format!("{}.{}", import.module, import.name));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::imports;

    #[test]
    fn imports_are_found() {
        let empty = *b"\0asm\x01\0\0\0";
        assert!(imports(&empty).unwrap().is_empty());
        // One type `() -> ()`, and one function of it imported as `env.now`.
        let importing = [&empty[..], b"\x01\x04\x01\x60\0\0", b"\x02\x0b\x01\x03env\x03now\0\0"].concat();
        assert_eq!(imports(&importing).unwrap(), ["env.now"]);
        assert!(imports(b"text").is_err());
    }
}
