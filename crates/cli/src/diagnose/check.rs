//! What the core finds in a file.

use grantline_core::Connector;

/// How bad it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Severity {
    Error,
    #[allow(dead_code)]
    Warning,
    #[allow(dead_code)]
    Hint,
}

pub(crate) struct Problem {
    pub(crate) pointer: String,
    pub(crate) message: String,
    pub(crate) severity: Severity,
}

pub(crate) fn check(text: &str) -> Vec<Problem> {
    let problems = Connector::from_json(text).err().map(|error| error.problems).unwrap_or_default();
    let one = |problem: grantline_core::manifest::Problem| Problem {
        pointer: problem.pointer,
        message: problem.message,
        severity: Severity::Error,
    };
    problems.into_iter().map(one).collect()
}
