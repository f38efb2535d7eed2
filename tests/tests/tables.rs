//! `TOKEN_LIFE.md` and `RESPONSES.md`: whatever they name exists, and what is open only becomes less.

#![allow(clippy::unwrap_used, reason = "what a test cannot do stops it")]

use conformance::root;
use std::path::PathBuf;

/// The rows of `TOKEN_LIFE.md`: those with a number, and those that begin with "also".
const ROWS: u32 = 25;
const ALSO: u32 = 7;
/// The kinds of answers in `RESPONSES.md`.
const ANSWERS: usize = 30;
/// How many rows of both tables say "open:". This number only goes down.
const OPEN: usize = 0;

/// Where the tests stand, from the root of the repository. A file is named without its directory.
const PLACES: [&str; 12] = [
    "crates/reqwest/tests/native",
    "crates/emulator/tests",
    "tests/tests/end_to_end",
    "tests/tests",
    "tests/tests/properties",
    "tests/interop/tests/interop",
    "tests/chaos/tests/chaos",
    "crates/redis/tests/server",
    "pkg/test/shared",
    "pkg/test/node",
    "pkg/test/browser",
    "crates/fetch/src",
];

struct Row {
    /// The cells, the last one split at "open:".
    cells: Vec<String>,
    named: Vec<String>,
    open: Option<String>,
}

#[test]
fn the_life_of_a_token_has_every_row() {
    let rows = rows("TOKEN_LIFE.md");
    let numbers: Vec<_> = rows.iter().map(|row| row.cells[0].clone()).collect();
    let wanted: Vec<_> =
        (1..=ROWS).map(|row| row.to_string()).chain((1..=ALSO).map(|row| format!("also {row}"))).collect();
    assert_eq!(numbers, wanted);
}

#[test]
fn the_answers_have_every_row_once() {
    let mut answers: Vec<_> = rows("RESPONSES.md").into_iter().map(|row| row.cells[0].clone()).collect();
    assert_eq!(answers.len(), ANSWERS);
    answers.sort();
    answers.dedup();
    assert_eq!(answers.len(), ANSWERS);
}

#[test]
fn every_row_is_shown_or_open() {
    for (file, row) in both() {
        assert_eq!(row.cells.len(), 3, "{file}: {:?}", row.cells);
        assert!(row.cells.iter().take(2).all(|cell| !cell.is_empty()), "{file}: {:?}", row.cells);
        let reason = row.open.as_ref().is_some_and(|reason| reason.len() > 20);
        assert!(
            reason || (row.open.is_none() && !row.named.is_empty()),
            "{file} {}: neither shown nor open with a reason",
            row.cells[0]
        );
    }
}

#[test]
fn every_name_exists() {
    let mut missing = Vec::new();
    for (file, row) in both() {
        let wrong = row.named.iter().filter(|name| !exists(name));
        missing.extend(wrong.map(|name| format!("{file} {}: {name}", row.cells[0])));
    }
    assert!(missing.is_empty(), "there is none of this name:\n{}", missing.join("\n"));
}

#[test]
fn what_is_open_only_becomes_less() {
    let open: Vec<_> = both().into_iter().filter(|(_, row)| row.open.is_some()).collect();
    let names: Vec<_> = open.iter().map(|(file, row)| format!("{file} {}", row.cells[0])).collect();
    assert_eq!(
        names.len(),
        OPEN,
        "OPEN is to be the number of open rows, and never more than before: {names:?}"
    );
}

#[test]
fn a_name_that_is_not_there_is_found() {
    for name in ["workspan/001-first-gran", "flights.rs: no_such_test", "no_such_file.rs: a", "anything"] {
        assert!(!exists(name), "{name}");
    }
    assert!(exists("workspan/001-first-grant") && exists("tables.rs: every_name_exists"));
}

fn both() -> Vec<(&'static str, Row)> {
    ["TOKEN_LIFE.md", "RESPONSES.md"]
        .into_iter()
        .flat_map(|file| rows(file).into_iter().map(move |row| (file, row)))
        .collect()
}

/// The rows of all tables of a file, without their heads.
fn rows(file: &str) -> Vec<Row> {
    let text = std::fs::read_to_string(root().join(file)).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let body = |(index, line): (usize, &&str)| {
        let is_head = lines.get(index + 1).is_some_and(|next| next.starts_with("| ---"));
        (line.starts_with("| ") && !line.starts_with("| ---") && !is_head).then(|| row(line))
    };
    lines.iter().enumerate().filter_map(body).collect()
}

fn row(line: &str) -> Row {
    let inner = line.strip_prefix('|').unwrap().strip_suffix('|').unwrap_or_else(|| panic!("no end: {line}"));
    let mut cells: Vec<_> = inner.split(" | ").map(|cell| cell.trim().to_owned()).collect();
    let last = cells.last_mut().unwrap();
    let (shown, open) = match last.split_once("open:") {
        Some((shown, reason)) => (shown.to_owned(), Some(reason.trim().to_owned())),
        None => (last.clone(), None),
    };
    let named = shown.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    *last = shown;
    Row { cells, named, open }
}

/// A vector `directory/NNN-name`, or a test `file.rs: name` or `file.mjs: title`.
fn exists(name: &str) -> bool {
    let Some((file, test)) = name.split_once(": ") else {
        return root().join("vectors").join(format!("{name}.json")).is_file();
    };
    let wanted = if file.ends_with(".rs") { format!("fn {test}(") } else { format!("'{test}'") };
    let paths: Vec<PathBuf> = PLACES.iter().map(|place| root().join("..").join(place).join(file)).collect();
    let mut files = paths.iter().filter(|path| path.is_file());
    files.any(|path| std::fs::read_to_string(path).unwrap().contains(&wanted))
}
