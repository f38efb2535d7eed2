//! A text that is no JSON: where it breaks, and what was probably meant.

use super::{Found, Severity, spans::Spans};
use core::ops::Range;
use serde_json::Error;

/// What is wrong with a text that serde_json refused.
pub(super) fn found(text: &str, error: &Error) -> Found {
    let said = error.to_string();
    let reason = said.split(" at line ").next().unwrap_or(&said);
    if let (true, Some([first, second])) =
        (reason.starts_with("a member stands twice"), Spans::new(text).duplicate())
    {
        let message = format!("the member {} stands twice in one object", &text[second.clone()]);
        let help = "take one of the two out".to_owned();
        return Found { also: Some((first, "it stands here first")), ..broken(second, message, Some(help)) };
    }
    let at = place(text, error);
    let help = help(reason, text, &at);
    broken(at, format!("this is not JSON: {reason}"), help)
}

fn broken(range: Range<usize>, message: String, help: Option<String>) -> Found {
    Found { severity: Severity::Error, range, pointer: String::new(), message, help, also: None, patch: None }
}

/// The character at which the reader stopped.
fn place(text: &str, error: &Error) -> Range<usize> {
    let before = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    let line = before.map(str::len).sum::<usize>();
    let mut start = (line + error.column().saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    if error.is_eof() {
        // The last thing that stands there says more than the empty line after it.
        start = text.trim_end().char_indices().next_back().map_or(0, |(at, _)| at);
    }
    let length = text[start..].chars().next().map_or(0, char::len_utf8);
    start..start + length
}

fn help(reason: &str, text: &str, at: &Range<usize>) -> Option<String> {
    let here = &text[at.start..];
    let help = if text.trim().is_empty() {
        "the file is empty"
    } else if here.starts_with("//") || here.starts_with("/*") || here.starts_with('#') {
        "JSON has no comments: take it out"
    } else if here.starts_with('\'') {
        "text stands in double quotes"
    } else if reason == "trailing comma" {
        "take out the comma before it"
    } else if reason.starts_with("expected `,`") {
        "is a comma missing before it?"
    } else if reason.starts_with("EOF") {
        "is a bracket or a quote missing?"
    } else if reason.starts_with("control character") {
        "a line break in text is written \\n"
    } else {
        return None;
    };
    Some(help.to_owned())
}
