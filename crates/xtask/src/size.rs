//! `cargo xtask size`: what a browser downloads, compressed, against the budget.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use clap::Args;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use crate::repo::Module;
use crate::{pkg, repo};

/// The most that wasm, glue and connectors may weigh together, in bytes after `gzip -9`. It is what they weigh
/// today and a little more: it only ever goes down, until it has reached the aim.
const BUDGET: usize = 116_500;
/// The same for the module that is loaded for connectors of one's own and for checks, with its glue.
const CHECK_BUDGET: usize = 178_000;
/// What the first should weigh.
const AIM: usize = 50_000;

/// Options of the command.
#[derive(Args)]
pub(crate) struct Options {
    /// Print one JSON object with the sizes in bytes
    #[arg(long)]
    json: bool,
}

/// Builds the package, prints the sizes, and fails when they are over the budget.
pub(crate) fn run(options: &Options) -> Result<()> {
    pkg::run()?;
    let sizes = Sizes::measure()?;
    if options.json {
        println!("{}", sizes.json());
    } else {
        sizes.print();
    }
    sizes.check()
}

/// Measures what is built already.
pub(crate) fn check() -> Result<()> {
    let sizes = Sizes::measure()?;
    sizes.print();
    sizes.check()
}

struct Sizes {
    wasm: usize,
    glue: usize,
    connectors: usize,
    /// The module for connectors of one's own, with its glue.
    check: usize,
}

impl Sizes {
    fn measure() -> Result<Self> {
        Ok(Self {
            wasm: gzip(&read(&Module::MAIN.wasm())?)?,
            glue: gzip(&read(&Module::MAIN.glue())?)?,
            connectors: gzip(&connectors()?)?,
            check: gzip(&read(&Module::COMPLETE.wasm())?)? + gzip(&read(&Module::COMPLETE.glue())?)?,
        })
    }

    fn total(&self) -> usize {
        self.wasm + self.glue + self.connectors
    }

    fn parts(&self) -> [(&'static str, usize); 3] {
        [("wasm", self.wasm), ("glue", self.glue), ("connectors", self.connectors)]
    }

    fn json(&self) -> String {
        json!({
            "wasm_gzip": self.wasm,
            "glue_gzip": self.glue,
            "connectors_gzip": self.connectors,
            "total_gzip": self.total(),
            "check_gzip": self.check,
        })
        .to_string()
    }

    fn print(&self) {
        for (name, size) in self.parts() {
            println!("{name:<12}{size:>8} bytes gzip");
        }
        println!("{:<12}{:>8} bytes gzip, budget {BUDGET}, aim {AIM}", "total", self.total());
        println!("{:<12}{:>8} bytes gzip, budget {CHECK_BUDGET}", "complete", self.check);
    }

    fn check(&self) -> Result<()> {
        if self.check > CHECK_BUDGET {
            let over = self.check - CHECK_BUDGET;
            bail!("the complete module is {over} bytes over its budget of {CHECK_BUDGET}");
        }
        let total = self.total();
        if total <= BUDGET {
            return Ok(());
        }
        let [first, second, third] = self.parts();
        let (name, size) = [second, third].into_iter().fold(first, |a, b| if b.1 > a.1 { b } else { a });
        bail!("{} bytes over the budget of {BUDGET}; the biggest part is {name} with {size}", total - BUDGET)
    }
}

/// All built-in connectors, one after the other and without white space, as they are shipped. The examples beside them
/// are not.
fn connectors() -> Result<Vec<u8>> {
    let folder = repo::root().join("crates/connectors/connectors");
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if is_connector(&path) {
            files.push(path);
        }
    }
    files.sort();
    let mut all = Vec::new();
    for path in files {
        all.extend(compact(&read(&path)?));
    }
    Ok(all)
}

fn is_connector(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(".json") && !name.contains("schema")
}

/// JSON without the white space between its tokens.
fn compact(json: &[u8]) -> Vec<u8> {
    let (mut quoted, mut escaped) = (false, false);
    let mut out = Vec::with_capacity(json.len());
    for &byte in json {
        if quoted || !byte.is_ascii_whitespace() {
            out.push(byte);
        }
        match byte {
            b'"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = byte == b'\\' && !escaped;
    }
    out
}

fn gzip(bytes: &[u8]) -> Result<usize> {
    if bytes.is_empty() {
        return Ok(0);
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path)
        .with_context(|| format!("cannot read {} (built by `cargo xtask pkg`)", repo::relative(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compact_json_keeps_strings() {
        let json = br#"{ "a b" : "c \" d" , "e" : [ 1 , "\\" , 2 ] }"#;
        assert_eq!(compact(json), br#"{"a b":"c \" d","e":[1,"\\",2]}"#);
    }

    #[test]
    fn the_budget_names_the_biggest_part() {
        let fits = Sizes { wasm: BUDGET - 2, glue: 1, connectors: 1, check: CHECK_BUDGET };
        assert!(fits.check().is_ok());
        let too_big = Sizes { wasm: 10, glue: BUDGET, connectors: 20, check: 1 };
        let message = too_big.check().unwrap_err().to_string();
        assert_eq!(message, "30 bytes over the budget of 116500; the biggest part is glue with 116500");
        let heavy = Sizes { check: CHECK_BUDGET + 7, ..fits };
        let message = heavy.check().unwrap_err().to_string();
        assert!(message.starts_with("the complete module is 7 bytes over its budget"), "{message}");
    }
}
