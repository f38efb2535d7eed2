//! Dependencies point one way, and nothing under the core knows the world outside.

#![allow(clippy::unwrap_used, reason = "what a test cannot do stops it")]

use conformance::root;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Which crates of this workspace each one may use. `cli`, the tests and the build tool use what they like.
const ALLOWED: [(&str, &[&str]); 11] = [
    ("grantline-core", &[]),
    ("grantline-connectors", &["grantline-core"]),
    ("grantline-reqwest", &["grantline-core"]),
    ("grantline-redis", &["grantline-core", "grantline-reqwest"]),
    ("grantline-fetch", &["grantline-core"]),
    ("grantline-wasm", &["grantline-fetch", "grantline-core"]),
    (
        "grantline-wasm-complete",
        &["grantline-wasm", "grantline-fetch", "grantline-connectors", "grantline-core"],
    ),
    ("grantline-export", &["grantline-core", "grantline-connectors"]),
    ("grantline-openapi", &["grantline-core"]),
    ("grantline-emulator", &[]),
    ("grantline-vectors", &["grantline-core", "grantline-connectors"]),
];
const FREE: [&str; 5] = ["grantline", "chaos", "conformance", "interop", "xtask"];

/// Everything under the core, with what those crates need themselves.
const UNDER_CORE: [&str; 17] = [
    "base64ct",
    "hmac-sha256",
    "itoa",
    "memchr",
    "proc-macro2",
    "quick-xml",
    "quote",
    "serde",
    "serde_core",
    "serde_derive",
    "serde_json",
    "strsim",
    "syn",
    "thiserror",
    "thiserror-impl",
    "unicode-ident",
    "zeroize",
];
/// `serde_json` writes numbers with one of these, depending on its version.
const NUMBERS: [&str; 2] = ["ryu", "zmij"];

/// Clocks, randomness, runtimes and logs: never under the core, whatever the list above says.
const NEVER: [&str; 13] = [
    "chrono",
    "fastrand",
    "getrandom",
    "instant",
    "js-sys",
    "log",
    "rand",
    "rand_core",
    "time",
    "tokio",
    "tracing",
    "wasm-bindgen",
    "web-time",
];

/// What the core's source must not name. Comments do not count.
const NOT_IN_CORE: [&str; 12] = [
    "SystemTime",
    "Instant",
    "std::env",
    "std::fs",
    "std::io",
    "std::net::Tcp",
    "std::process",
    "std::thread",
    "std::sync::Mutex",
    "println!",
    "eprintln!",
    "dbg!",
];

#[test]
fn dependencies_point_one_way() {
    let metadata: Value =
        serde_json::from_str(&cargo(&["metadata", "--format-version", "1", "--no-deps"])).unwrap();
    let mut members = BTreeMap::new();
    for package in metadata["packages"].as_array().unwrap() {
        let normal = package["dependencies"].as_array().unwrap().iter().filter(|edge| edge["kind"] != "dev");
        let names = normal.filter_map(|edge| edge["name"].as_str().map(str::to_owned));
        members.insert(package["name"].as_str().unwrap().to_owned(), names.collect::<BTreeSet<_>>());
    }
    assert!(members.contains_key("grantline-core"), "{members:?}");
    for (name, uses) in &members {
        if FREE.contains(&name.as_str()) {
            continue;
        }
        let (_, allowed) = ALLOWED
            .iter()
            .find(|(known, _)| known == name)
            .unwrap_or_else(|| panic!("the crate '{name}' has no rule here"));
        for other in uses.iter().filter(|other| members.contains_key(*other)) {
            assert!(allowed.contains(&other.as_str()), "{name} must not use {other}");
        }
    }
}

/// With the features that the core alone asks for, on every target.
#[test]
fn nothing_under_the_core_knows_the_world() {
    let tree = cargo(&[
        "tree",
        "-p",
        "grantline-core",
        "-e",
        "normal",
        "--target",
        "all",
        "--prefix",
        "none",
        "--no-dedupe",
    ]);
    let names: BTreeSet<&str> =
        tree.lines().filter_map(|line| line.split(' ').next()).filter(|name| !name.is_empty()).collect();
    assert!(names.contains("serde_json") && names.contains("grantline-core"), "{names:?}");
    for name in names.iter().filter(|name| **name != "grantline-core") {
        assert!(!NEVER.contains(name), "the core must not use {name}");
        assert!(
            UNDER_CORE.contains(name) || NUMBERS.contains(name),
            "{name} is new under the core: add it here if it knows no clock, no randomness and no I/O"
        );
    }
    for name in UNDER_CORE {
        assert!(names.contains(name), "{name} is no longer under the core: take it off the list");
    }
}

#[test]
fn the_source_of_the_core_does_no_io() {
    let mut files = Vec::new();
    collect(&root().join("../crates/core/src"), &mut files);
    assert!(files.len() > 15, "{files:?}");
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for (number, line) in
            text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
        {
            for word in NOT_IN_CORE {
                assert!(!line.contains(word), "{}:{}: {word}", file.display(), number + 1);
            }
        }
    }
}

fn collect(directory: &std::path::Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}

fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo).args(arguments).arg("--offline").current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
