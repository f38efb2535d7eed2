//! Replays every vector: each event must be answered by exactly the step that the file says.

#![allow(clippy::unwrap_used, reason = "what a test cannot do stops it")]

use conformance::{Outcome, Vector, bless, load, pretty, replay, root};
use grantline_core::json::Json;
use std::collections::BTreeSet;

/// At least so many vectors stand in each directory: the numbers only go up, so that none vanishes unseen.
const LEAST: [(&str, usize); 5] =
    [("appspace", 49), ("custom", 166), ("workspace-one-access", 59), ("workspan", 147), ("workstream", 45)];

/// What every built-in connector must show.
const REQUIRED: [&str; 6] =
    ["first-grant", "renewal", "wrong-secret", "transient-failure", "call-renews-after-401", "revoke"];

#[test]
fn every_vector_is_answered_as_it_says() {
    let vectors = load().unwrap_or_else(|wrong| panic!("unreadable vectors:\n{wrong}"));
    let mut report = Vec::new();
    for vector in &vectors {
        let outcome = replay(vector);
        if bless() {
            rewrite(vector, &outcome);
        } else {
            report.extend(differences(vector, &outcome));
        }
    }
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

fn differences(vector: &Vector, outcome: &Outcome) -> Vec<String> {
    let mut found = Vec::new();
    let mut check = |place: String, expected: Option<&Json>, actual: Option<&Json>| {
        // As trees without an order of members, as JavaScript compares them.
        let [expected, actual] = [expected, actual].map(|json| json.map(|json| serde_json::json!(json)));
        if expected != actual {
            let (expected, actual) = (lines(expected.as_ref()), lines(actual.as_ref()));
            found.push(format!("{} {place}\n{}", vector.file, diff(&expected, &actual)));
        }
    };
    check("expect".to_owned(), vector.expect.as_ref(), outcome.expect.as_ref());
    for (index, turn) in vector.script.iter().enumerate() {
        check(format!("step {}", index + 1), turn.step.as_ref(), outcome.steps.get(index));
    }
    found
}

fn lines(json: Option<&serde_json::Value>) -> Vec<String> {
    let text = json.map_or_else(|| "(nothing)".to_owned(), |json| format!("{json:#}"));
    text.lines().map(str::to_owned).collect()
}

/// Both in full, the lines that only one has marked.
fn diff(expected: &[String], actual: &[String]) -> String {
    let mark = |lines: &[String], other: &[String], sign: char| {
        let line = |line: &String| format!("  {} {line}\n", if other.contains(line) { ' ' } else { sign });
        lines.iter().map(line).collect::<String>()
    };
    format!("  expected:\n{}  actual:\n{}", mark(expected, actual, '-'), mark(actual, expected, '+'))
}

/// Writes what the core answers into the file. The author reads the difference.
fn rewrite(vector: &Vector, outcome: &Outcome) {
    let mut json = vector.json.clone();
    let Json::Object(members) = &mut json else { return };
    if let Some(expect) = &outcome.expect {
        members.retain(|(name, _)| name != "script" && name != "expect");
        members.push(("expect".to_owned(), expect.clone()));
    }
    for (name, value) in members.iter_mut() {
        let Json::Array(turns) = value else { continue };
        if name != "script" {
            continue;
        }
        for (turn, step) in turns.iter_mut().zip(&outcome.steps) {
            let Json::Object(turn) = turn else { continue };
            turn.retain(|(name, _)| name != "step");
            turn.push(("step".to_owned(), step.clone()));
        }
    }
    std::fs::write(root().join("vectors").join(&vector.file), pretty(&json))
        .expect("the vector can be written");
}
