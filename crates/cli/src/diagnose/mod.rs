//! Problems of a connector file, with the place in its text: what `grantline check` finds.
//!
//! The core says what is wrong, and where by a JSON Pointer. Here it is found in the text, and what the message
//! advises is set apart from what it states.

pub(crate) mod render;
mod spans;
mod syntax;

use core::ops::Range;
use grantline_core::json::Json;
use grantline_core::manifest::{self, Problem};
use spans::{Part, Spans};

pub(crate) use grantline_core::manifest::Severity;

/// One thing to say about a file.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) severity: Severity,
    /// What is marked, in bytes.
    pub(crate) range: Range<usize>,
    /// The JSON Pointer of the core.
    pub(crate) pointer: String,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    /// Another place that matters, and why.
    pub(crate) also: Option<(Range<usize>, &'static str)>,
    /// What the help wants to be written, and where.
    pub(crate) patch: Option<(Range<usize>, String)>,
}

/// All that is to be said about a connector file, in the order of its text.
pub(crate) fn diagnose(text: &str) -> Vec<Found> {
    if let Err(error) = Json::parse(text) {
        return vec![syntax::found(text, &error)];
    }
    let spans = Spans::new(text);
    let mut all: Vec<Found> =
        manifest::check(text).into_iter().map(|problem| found(text, &spans, problem)).collect();
    all.sort_by_key(|found| (found.range.start, found.range.end));
    all
}

fn found(text: &str, spans: &Spans<'_>, problem: Problem) -> Found {
    let Problem { pointer, message, severity } = problem;
    let part = if message.starts_with("unknown key") { Part::Key } else { Part::Value };
    let quoted = quoted(&message);
    let mark = spans.mark(&pointer, part);
    let range = match quoted.and_then(|word| narrow(text, &spans.whole(&pointer), word)) {
        Some(word) if part == Part::Value => word,
        _ => mark,
    };
    let (said, help) = advice(&message);
    let mut help = help.map(str::to_owned);
    let mut meant = suggestion(&message).map(str::to_owned);
    if let (None, Some(pointer)) =
        (&meant, quoted.filter(|_| message.contains("no JSON Pointer")).and_then(pointer_of))
    {
        help = Some(format!("did you mean '{pointer}'?"));
        meant = Some(pointer);
    }
    let patch = meant.and_then(|meant| {
        let wrong = quoted?;
        let at = text[range.clone()].find(wrong)? + range.start;
        Some((at..at + wrong.len(), meant))
    });
    Found { severity, range, message: said.to_owned(), help, pointer, also: None, patch }
}

/// The JSON Pointer that is meant by `data.tokens[0].value`, `$.data` or `token`.
fn pointer_of(path: &str) -> Option<String> {
    let path = path.trim_start_matches('$').replace(['[', ']'], ".");
    let steps: Vec<_> = path.split('.').filter(|step| !step.is_empty()).collect();
    let plain = |step: &&str| step.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    (!steps.is_empty() && steps.iter().all(plain)).then(|| format!("/{}", steps.join("/")))
}

/// The first text in quotes of a message.
fn quoted(message: &str) -> Option<&str> {
    message.split('\'').nth(1).filter(|word| !word.is_empty())
}

/// Where the word stands that a message speaks of, as a placeholder or as a whole text.
fn narrow(text: &str, whole: &Range<usize>, word: &str) -> Option<Range<usize>> {
    let inside = &text[whole.clone()];
    let placeholder = if word.starts_with('{') { word.to_owned() } else { format!("{{{word}}}") };
    let forms = [placeholder, format!("\"{word}\"")];
    let (start, form) = forms.iter().find_map(|form| Some((inside.find(form.as_str())?, form)))?;
    let start = whole.start + start;
    Some(start..start + form.len())
}

/// A message and what it advises: what stands after its last semicolon.
fn advice(message: &str) -> (&str, Option<&str>) {
    match message.rsplit_once("; ") {
        // A semicolon in what is quoted from the file parts nothing.
        Some((said, help)) if help.matches('\'').count() % 2 == 0 => (said, Some(help)),
        _ => (message, None),
    }
}

/// The word that was probably meant.
fn suggestion(message: &str) -> Option<&str> {
    message.rsplit_once("; did you mean '")?.1.strip_suffix("'?")
}

/// Line and column of a byte, both from 1; columns count characters.
pub(crate) fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = &text[..byte];
    let line = before.rsplit_once('\n').map_or(before, |(_, line)| line);
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_is_what_stands_last() {
        assert_eq!(advice("a; b; c"), ("a; b", Some("c")));
        assert_eq!(advice("'a; b' is none"), ("'a; b' is none", None));
        assert_eq!(suggestion("no 'x'; did you mean 'y'?"), Some("y"));
    }

    #[test]
    fn dotted_paths_become_pointers() {
        assert_eq!(pointer_of("$.data.tokens[0].value").as_deref(), Some("/data/tokens/0/value"));
        assert_eq!(pointer_of("token").as_deref(), Some("/token"));
        assert_eq!(pointer_of("a b"), None);
        assert_eq!(pointer_of("$"), None);
    }

    #[test]
    fn columns_count_characters() {
        assert_eq!(position("é\néa", 5), (2, 2));
        assert_eq!(position("", 0), (1, 1));
    }
}
