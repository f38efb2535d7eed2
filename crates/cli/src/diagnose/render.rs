//! How problems look: as a compiler shows them, and as JSON for editors.

use super::{Found, Severity, position};
use annotate_snippets::{AnnotationKind, Level, Patch, Renderer, Snippet};
use serde_json::{Value, json};

/// A line of a file that is longer than this is cut around what is marked, where there is no terminal.
const WIDTH_WITHOUT_TERMINAL: usize = 140;

/// One problem with its line of the file. What a file holds cannot change how a terminal looks.
pub(crate) fn page(file: &str, text: &str, found: &Found) -> String {
    let terminal = console::Term::stderr().size_checked().map(|(_, columns)| usize::from(columns));
    // Some terminals do not know how wide they are.
    let width = terminal.filter(|columns| *columns > 0).unwrap_or(WIDTH_WITHOUT_TERMINAL);
    let mark = AnnotationKind::Primary.span(found.range.clone());
    let mut snippet = Snippet::source(text).path(file).annotation(mark);
    if let Some((range, why)) = &found.also {
        snippet = snippet.annotation(AnnotationKind::Context.span(range.clone()).label(*why));
    }
    let mut group = level(found.severity).primary_title(&found.message).element(snippet);
    let mut groups = Vec::new();
    match (&found.help, &found.patch) {
        (Some(help), Some((range, meant))) if line_around(text, range.start).len() < width => {
            let patch = Patch::new(range.clone(), meant);
            groups.push(Level::HELP.secondary_title(help).element(Snippet::source(text).patch(patch)));
        }
        (Some(help), _) => group = group.element(Level::HELP.message(help)),
        (None, _) => {}
    }
    groups.insert(0, group);
    Renderer::styled().term_width(width).render(&groups)
}

fn line_around(text: &str, byte: usize) -> &str {
    let start = text[..byte].rfind('\n').map_or(0, |at| at + 1);
    text[start..].lines().next().unwrap_or_default()
}

/// One problem on one line.
pub(crate) fn line(file: &str, text: &str, found: &Found) -> String {
    let (line, column) = position(text, found.range.start);
    let help = found.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
    format!("{}: {}{help}\n  --> {file}:{line}:{column}", name(found.severity), found.message)
}

/// One problem for programs.
pub(crate) fn object(text: &str, found: &Found) -> Value {
    let (line, column) = position(text, found.range.start);
    let (end_line, end_column) = position(text, found.range.end);
    let mut object = json!({
        "severity": name(found.severity),
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "pointer": found.pointer,
        "message": found.message,
    });
    if let Some(help) = &found.help {
        object["help"] = help.as_str().into();
    }
    object
}

const fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Hint => Level::NOTE,
    }
}

const fn name(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "hint",
    }
}
