//! What the demo found, as a table for people and as JSON for programs.

use crate::table;
use comfy_table::{Cell, Color, Table};
use grantline_core::{Error, Notice};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// All systems.
#[derive(Default)]
pub(super) struct Report {
    rows: Vec<Row>,
    systems: Map<String, Value>,
}

/// One step of the job on one system. The demo of the npm package writes the same rows as JSON.
#[derive(Deserialize)]
pub(super) struct Row {
    pub(super) system: String,
    pub(super) step: String,
    /// Each request and its answer, secrets masked.
    pub(super) wire: Vec<String>,
    pub(super) result: String,
    pub(super) fine: bool,
    pub(super) millis: f64,
}

/// A request and its answer in one line. The address of the emulator says nothing and is left out.
pub(super) fn wire(notice: &Notice, base_url: &str) -> Option<String> {
    let Notice::Sent { request, status, fault, .. } = notice else { return None };
    let answer = status.map_or_else(|| fault.unwrap_or("no answer").to_owned(), |status| status.to_string());
    Some(format!("{} -> {answer}", request.replace(base_url, "")))
}

/// What became of one system.
#[derive(Default, Serialize)]
pub(super) struct Outcome {
    pub(super) acquired: bool,
    pub(super) called: bool,
    pub(super) renewed: bool,
    pub(super) revoked: bool,
    pub(super) denied: Option<Value>,
    pub(super) requests: usize,
}

/// An error as the JSON report shows it.
pub(super) fn denied(error: &Error) -> Value {
    let denial = error.denial();
    json!({
        "code": error.code(),
        "status": denial.map(|denial| denial.status),
        "server_code": denial.and_then(|denial| denial.code.as_ref()),
    })
}

impl Report {
    pub(super) fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    pub(super) fn close(&mut self, system: &str, outcome: &Outcome) {
        // A struct of plain values always becomes JSON.
        self.systems.insert(system.to_owned(), serde_json::to_value(outcome).unwrap_or_default());
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn failures(&self) -> usize {
        self.rows.iter().filter(|row| !row.fine).count()
    }

    pub(super) fn json(&self) -> Value {
        json!({ "systems": self.systems })
    }

    pub(super) fn table(&self) -> Table {
        let mut table = table::new(["System", "Step", "On the wire, secrets masked", "Result", "Time"]);
        let mut last = "";
        for row in &self.rows {
            let system = if row.system == last { "" } else { &row.system };
            last = &row.system;
            let wire = if row.wire.is_empty() { "-".to_owned() } else { row.wire.join("\n") };
            let result = Cell::new(&row.result).fg(if row.fine { Color::Green } else { Color::Red });
            let time = format!("{:.1} ms", row.millis);
            table.add_row([
                Cell::new(system),
                Cell::new(&row.step),
                Cell::new(wire),
                result,
                Cell::new(time),
            ]);
        }
        table
    }
}
