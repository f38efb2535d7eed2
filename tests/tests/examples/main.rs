//! The example connectors: each is right, shows what it must by vectors, and together they use the whole format.

#![allow(clippy::unwrap_used, reason = "what a test cannot do stops it")]

mod features;

use conformance::{Vector, bless, compare, examples, load_examples, replay, review, root};
use core::fmt::Write;
use features::{Features, UNUSED};
use grantline_core::Connector;
use grantline_core::manifest::{Auth, Manifest};
use grantline_vectors::pretty;
use serde_json::Value;
use std::collections::BTreeMap;

/// At least so many services, and so many vectors: the numbers only go up.
const LEAST: (usize, usize) = (72, 283);

#[test]
fn every_vector_is_answered_as_it_says() {
    let vectors = load_examples().unwrap_or_else(|wrong| panic!("unreadable vectors:\n{wrong}"));
    let report = review(&vectors);
    assert!(report.is_empty(), "{} differences:\n\n{}", report.len(), report.join("\n\n"));
    assert!(vectors.len() >= LEAST.1, "only {} vectors", vectors.len());
}

#[test]
fn files_are_laid_out_and_named() {
    for (id, text) in files() {
        let manifest = Manifest::parse(&text).unwrap_or_else(|error| panic!("{id}: {error}"));
        assert_eq!(manifest.id, id);
        assert!(
            manifest.docs.is_some_and(|docs| docs.starts_with("https://")),
            "{id}: no page of the vendor"
        );
        assert!(manifest.summary.is_some(), "{id}: no summary");
    }
    if bless() {
        return;
    }
    for vector in load_examples().unwrap() {
        let text = std::fs::read_to_string(&vector.path).unwrap();
        assert!(text == pretty(&vector.json), "{} is not laid out: GRANTLINE_BLESS=1", vector.file);
    }
}

#[test]
fn every_example_fits_the_schema() {
    let schema: Value = serde_json::from_str(grantline_connectors::SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (id, text) in files() {
        let file: Value = serde_json::from_str(&text).unwrap();
        let problems: Vec<String> = validator.iter_errors(&file).map(|error| error.to_string()).collect();
        assert!(problems.is_empty(), "{id}: {problems:?}");
    }
}

#[test]
fn nothing_is_to_be_said_of_any_example() {
    for (id, text) in files() {
        Connector::from_json(&text).unwrap_or_else(|error| panic!("{id}: {error}"));
    }
}

/// A connector shows a first token and a refusal, and whatever more it can do.
#[test]
fn every_example_shows_what_it_does() {
    if bless() {
        return;
    }
    let vectors = load_examples().unwrap();
    let mut wrong = Vec::new();
    for (id, text) in files() {
        let manifest = Manifest::parse(&text).unwrap();
        let own: Vec<&Vector> =
            vectors.iter().filter(|vector| vector.file.starts_with(&format!("{id}.vectors/"))).collect();
        for (set, auth) in manifest.ways() {
            let set = set.map(|set| set.name.as_str());
            let own = own.iter().filter(|vector| vector.parameter_set.as_deref() == set);
            let shown: String = own.map(|vector| format!("{:?}", vector.json)).collect();
            for (what, signs) in wanted(auth) {
                if !signs.iter().any(|sign| shown.contains(sign)) {
                    wrong.push(format!("{id} {}: no vector shows {what}", set.unwrap_or_default()));
                }
            }
        }
        let refused = own.iter().any(|vector| {
            let shown = format!("{:?}", vector.json);
            // What a living token has to bear is no error yet.
            ["\"error\"", "\"setback\""].iter().any(|sign| shown.contains(sign))
        });
        let asks = manifest.ways().any(|(_, auth)| !auth.acquire.is_empty() || !auth.renew.is_empty());
        if asks && !refused {
            wrong.push(format!("{id}: no vector shows a refusal"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a way to authenticate must show, and by which of these texts a vector shows it.
fn wanted(auth: &Auth) -> Vec<(&'static str, Vec<&'static str>)> {
    let mut wanted = vec![("anything", vec![""])];
    if !auth.acquire.is_empty() {
        wanted.push(("a first grant", vec!["\"acquire\""]));
    }
    if !auth.renew.is_empty() {
        wanted.push(("a renewal", vec!["\"renew\""]));
    }
    wanted
}

#[test]
fn no_secret_of_an_example_is_shown() {
    if bless() {
        return;
    }
    let mut leaks = Vec::new();
    for vector in load_examples().unwrap() {
        let outcome = replay(&vector);
        let known = vector.secrets(&outcome.securestrings);
        leaks.extend(outcome.shown.leaks(&known).into_iter().map(|leak| format!("{}: {leak}", vector.file)));
    }
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n"));
}

/// The table in the README: which connector uses what. Each feature is used twice, or it is said why not.
#[test]
fn the_whole_format_is_used() {
    let schema: Value = serde_json::from_str(grantline_connectors::SCHEMA).unwrap();
    let mut features = Features::of(&schema);
    let files = files();
    assert!(files.len() >= LEAST.0, "only {} examples", files.len());
    for (id, text) in &files {
        features.add(id, &serde_json::from_str(text).unwrap());
    }
    let unused: BTreeMap<&str, &str> = UNUSED.into_iter().collect();
    let mut wrong = Vec::new();
    for (feature, users) in features.table() {
        match (users.len() < 2, unused.contains_key(feature.as_str())) {
            (true, false) => wrong.push(format!("'{feature}' is used by {users:?} only")),
            (false, true) => wrong.push(format!("'{feature}' is used by {users:?}: it needs no excuse")),
            _ => {}
        }
    }
    for feature in unused.keys() {
        if !features.table().contains_key(*feature) {
            wrong.push(format!("'{feature}' is no feature of the format"));
        }
    }
    if !bless() {
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
    compare("../crates/connectors/examples/README.md", &readme(&files, &features));
}

/// The hand-written head of the README, and the tables.
fn readme(files: &[(String, String)], features: &Features) -> String {
    let present = std::fs::read_to_string(root().join("../crates/connectors/examples/README.md")).unwrap();
    let (head, _) = present.split_once(GENERATED).unwrap();
    let mut text = format!(
        "{head}{GENERATED}\n\n## Services\n\n| file | service | ways to authenticate |\n| --- | --- | --- |\n"
    );
    for (id, file) in files {
        let manifest = Manifest::parse(file).unwrap();
        let ways = manifest.ways().map(|(set, _)| set.map_or("one way", |set| set.title.as_str()));
        let ways = ways.collect::<Vec<_>>().join("; ");
        let docs = manifest.docs.unwrap_or_default();
        writeln!(text, "| [`{id}`](connectors/{id}.json) | [{}]({docs}) | {ways} |", manifest.title).unwrap();
    }
    text.push_str("\n## Features\n\n| feature | connectors |\n| --- | --- |\n");
    let unused: BTreeMap<&str, &str> = UNUSED.into_iter().collect();
    for (feature, users) in features.table() {
        let few = users.iter().take(4).map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
        let more = users.len().checked_sub(4).filter(|more| *more > 0);
        let more = more.map_or_else(String::new, |more| format!(" and {more} more"));
        let excuse = unused.get(feature.as_str()).map_or_else(String::new, |excuse| format!(" ({excuse})"));
        writeln!(text, "| {feature} | {few}{more}{excuse} |").unwrap();
    }
    text
}

/// Below this line the README is written by the test.
const GENERATED: &str = "<!-- what follows is written by the test `examples` -->";

/// Every example by its id.
fn files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(examples()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let id = path.file_stem().unwrap().to_string_lossy().into_owned();
            files.push((id, std::fs::read_to_string(path).unwrap()));
        }
    }
    files.sort();
    files
}
