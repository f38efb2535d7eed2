//! Replays every vector: each event must be answered by exactly the step that the file says.

#![allow(clippy::unwrap_used, reason = "what a test cannot do stops it")]

use conformance::{Vector, bless, load, review, root};
use grantline_vectors::pretty;
use std::collections::BTreeSet;

/// At least so many vectors stand in each directory: the numbers only go up, so that none vanishes unseen.
const LEAST: [(&str, usize); 5] =
    [("appspace", 49), ("custom", 167), ("workspace-one-access", 59), ("workspan", 147), ("workstream", 45)];

/// What every built-in connector must show.
const REQUIRED: [&str; 6] =
    ["first-grant", "renewal", "wrong-secret", "transient-failure", "call-renews-after-401", "revoke"];

#[test]
fn every_vector_is_answered_as_it_says() {
    let vectors = load().unwrap_or_else(|wrong| panic!("unreadable vectors:\n{wrong}"));
    let report = review(&vectors);
    assert!(report.is_empty(), "{} differences:\n\n{}", report.len(), report.join("\n\n"));
}

#[test]
fn no_vector_has_vanished() {
    let Some(vectors) = settled() else { return };
    let in_directory =
        |directory: &str| vectors.iter().filter(|v| v.file.starts_with(&format!("{directory}/"))).count();
    for (directory, least) in LEAST {
        let count = in_directory(directory);
        assert!(count >= least, "vectors/{directory} has {count} files, not {least} or more");
    }
    assert_eq!(LEAST.iter().map(|(directory, _)| in_directory(directory)).sum::<usize>(), vectors.len());
}

#[test]
fn every_connector_shows_what_all_must() {
    let Some(vectors) = settled() else { return };
    for (id, _) in grantline_connectors::FILES {
        for name in REQUIRED {
            let wanted = |v: &&Vector| {
                v.file.starts_with(&format!("{id}/")) && v.file.ends_with(&format!("-{name}.json"))
            };
            assert!(vectors.iter().any(|v| wanted(&v)), "vectors/{id} has no {name}");
        }
    }
}

#[test]
fn numbers_are_unique_and_files_are_laid_out() {
    let Some(vectors) = settled() else { return };
    // A connector's name may hold a '-', so the number is looked for after the last '/'.
    let places: BTreeSet<_> =
        vectors.iter().map(|v| v.file.rsplit_once('/').map(|(d, f)| format!("{d}/{}", &f[..3]))).collect();
    assert_eq!(places.len(), vectors.len(), "two vectors have one number");
    for vector in &vectors {
        let text = std::fs::read_to_string(root().join("vectors").join(&vector.file)).unwrap();
        assert!(
            bless() || text == pretty(&vector.json),
            "{} is not laid out: GRANTLINE_BLESS=1",
            vector.file
        );
    }
}

/// The vectors, unless another test is rewriting them.
fn settled() -> Option<Vec<Vector>> {
    (!bless()).then(|| load().unwrap())
}
