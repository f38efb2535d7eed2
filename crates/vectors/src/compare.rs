//! A vector and what came of it: where they differ, and the vector as it would have to be.

use crate::{Outcome, Vector};
use core::fmt;
use grantline_core::json::Json;
use similar::TextDiff;

/// A part of a vector that is not as the file says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Difference {
    /// Which part: `expect`, or `step 3`.
    pub place: String,
    expected: String,
    actual: String,
}

impl fmt::Display for Difference {
    /// The lines that differ, with a few around them: `-` is in the file, `+` is what came.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let diff = TextDiff::from_lines(&self.expected, &self.actual);
        write!(f, "{}", diff.unified_diff().context_radius(3).header("in the file", "what came"))
    }
}

/// Where a replay does not do what the vector says.
#[must_use]
pub fn differences(vector: &Vector, outcome: &Outcome) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut check = |place: String, expected: Option<&Json>, actual: Option<&Json>| {
        // As trees without an order of members, as JavaScript compares them.
        let [expected, actual] = [expected, actual].map(|json| json.map(|json| serde_json::json!(json)));
        if expected != actual {
            found.push(Difference {
                place,
                expected: lines(expected.as_ref()),
                actual: lines(actual.as_ref()),
            });
        }
    };
    check("expect".to_owned(), vector.expect.as_ref(), outcome.expect.as_ref());
    for (index, turn) in vector.script.iter().enumerate() {
        check(format!("step {}", index + 1), turn.step.as_ref(), outcome.steps.get(index));
    }
    found
}

fn lines(json: Option<&serde_json::Value>) -> String {
    json.map_or_else(|| "(nothing)\n".to_owned(), |json| format!("{json:#}\n"))
}

/// The vector with the steps that came. Whoever writes it into the file reads the difference.
#[must_use]
pub fn blessed(vector: &Vector, outcome: &Outcome) -> Json {
    let mut json = vector.json.clone();
    let Json::Object(members) = &mut json else { return json };
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
    json
}
