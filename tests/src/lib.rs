//! The conformance vectors: which there are, and all that is ever shown while they run.
//!
//! A vector is one JSON file under `vectors/<connector>/`. `README.md` beside this crate describes the format, and
//! `grantline_vectors` reads and replays them; the tests of this crate replay every file, look for secrets in everything that is ever shown, and hold
//! the tables that follow from the machines.

mod shown;
pub mod sim;
mod vector;

pub use shown::Shown;
pub use vector::{Outcome, Vector, examples, load, load_examples, replay, review};

use std::path::PathBuf;

/// The directory of this package.
#[must_use]
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Whether committed expectations are to be rewritten from what the code does (`GRANTLINE_BLESS=1`).
#[must_use]
pub fn bless() -> bool {
    std::env::var_os("GRANTLINE_BLESS").is_some_and(|value| value == "1")
}

/// Compares a text with the committed file of this name, or rewrites the file.
///
/// # Panics
/// They differ, or the file cannot be read or written.
pub fn compare(file: &str, actual: &str) {
    let path = root().join(file);
    if bless() {
        std::fs::write(&path, actual).expect("the file can be written");
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let pairs = expected.lines().zip(actual.lines());
    let first = pairs.clone().position(|(a, b)| a != b).unwrap_or_else(|| pairs.count());
    assert!(
        expected == actual,
        "{file} differs from line {}:\n  expected: {}\n  actual:   {}\nGRANTLINE_BLESS=1 rewrites it",
        first + 1,
        expected.lines().nth(first).unwrap_or("(end)"),
        actual.lines().nth(first).unwrap_or("(end)"),
    );
}
