//! Nested cargo.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{process, repo};

/// The target of everything that runs in JavaScript.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The crates that make sense on [`WASM_TARGET`] only.
pub(crate) const WASM_CRATES: [&str; 3] = ["grantline-fetch", "grantline-wasm", "grantline-wasm-complete"];

/// The crates whose tests need more than Rust, and have steps of their own.
pub(crate) const CRATES_WITH_STEPS: [&str; 2] = ["interop", "chaos"];

/// A cargo command in the root of the repository.
pub(crate) fn command<const N: usize>(args: [&str; N]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(repo::root());
    // `cargo run` describes xtask to us in these. Build scripts of other crates may watch them, and would run
    // again each time that cargo is called from the outside and from here in turn.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// Builds something and returns the one file that ends with `suffix`.
///
/// `command` must be a `cargo build` or `cargo rustc` without arguments for rustc.
pub(crate) fn build(mut command: Command, suffix: &str, rustc_args: &[&str]) -> Result<PathBuf> {
    command.arg("--message-format=json-render-diagnostics");
    if !rustc_args.is_empty() {
        command.arg("--").args(rustc_args);
    }
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start `{}`", process::shown(&command)))?;
    if !output.status.success() {
        bail!("`{}` failed ({})", process::shown(&command), output.status);
    }
    last_artifact(&String::from_utf8_lossy(&output.stdout), suffix)
        .with_context(|| format!("`{}` built no {suffix} file", process::shown(&command)))
}

/// Builds the command line tool and returns its path.
pub(crate) fn build_cli() -> Result<PathBuf> {
    build(command(["build", "-p", "grantline", "--bin", "grantline"]), env::consts::EXE_SUFFIX, &[])
}

/// The requested package is the last one that cargo reports.
fn last_artifact(messages: &str, suffix: &str) -> Option<PathBuf> {
    let last = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .rfind(|message| message["reason"] == "compiler-artifact")?;
    let executable = last["executable"].as_str().map(str::to_owned);
    let mut files = last["filenames"].as_array()?.iter().filter_map(|file| file.as_str().map(str::to_owned));
    executable.or_else(|| files.find(|file| file.ends_with(suffix))).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_artifact_wins() {
        let messages = r#"{"reason":"compiler-artifact","filenames":["/t/liba.rlib"],"executable":null}
{"reason":"compiler-artifact","filenames":["/t/b.d","/t/b.wasm"],"executable":null}
{"reason":"build-finished","success":true}"#;
        assert_eq!(last_artifact(messages, ".wasm"), Some(PathBuf::from("/t/b.wasm")));
        assert_eq!(last_artifact(messages, ".so"), None);
    }
}
