//! Every stable error code is shown by a vector, or there is a reason why none can.

#![allow(clippy::unwrap_used, reason = "what a test cannot do stops it")]

use conformance::load;
use grantline_core::Error;
use grantline_core::json::Json;
use std::collections::BTreeSet;

/// Codes that no vector can show, and why.
const NOT_SHOWN: [(&str, &str); 3] = [
    ("store", "an adapter says it in a notice: the flow itself goes on without its store"),
    ("operation_failed", "an adapter asks for it when a call has ended: tests/operations.rs shows it"),
    ("invalid_pages", "no flow follows pages: tests/operations.rs shows it"),
];

#[test]
fn codes_stand_once() {
    let codes: BTreeSet<_> = Error::CODES.into_iter().collect();
    assert_eq!(codes.len(), Error::CODES.len());
    let stable = |code: &&str| code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    assert!(codes.iter().all(stable), "{codes:?}");
}

#[test]
fn every_code_is_shown_by_a_vector() {
    let mut shown = BTreeSet::new();
    for vector in load().unwrap() {
        codes(&vector.json, &mut shown);
    }
    for code in Error::CODES {
        let reason = NOT_SHOWN.iter().find(|(known, _)| *known == code);
        assert!(shown.contains(code) != reason.is_some(), "{code}: shown by a vector, or a reason why not");
    }
    for code in &shown {
        assert!(Error::CODES.contains(&code.as_str()), "{code} is not in Error::CODES");
    }
}

/// The `code` of every error: a step, a setback, or what comes out at once.
fn codes(json: &Json, found: &mut BTreeSet<String>) {
    if json.get("needsReconnect").is_some() {
        found.extend(json.get("code").and_then(Json::as_str).map(str::to_owned));
    }
    for (name, value) in json.members() {
        // What the vector gives is no answer of the core.
        if !["event", "restore", "connector"].contains(&name.as_str()) {
            codes(value, found);
        }
    }
    if let Json::Array(items) = json {
        items.iter().for_each(|item| codes(item, found));
    }
}
