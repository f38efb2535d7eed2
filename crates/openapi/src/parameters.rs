//! The parameters of an operation.

use crate::document::{Document, scalar};
use crate::names;
use crate::read::Version;
use crate::schema::kind;
use grantline_core::json::Json;
use serde_json::Value;

/// A parameter that can be used.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    /// Its name in the document.
    pub(crate) wire: String,
    pub(crate) place: Place,
    /// The parameter in the connector.
    pub(crate) json: Json,
}

/// Where a parameter stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    Path,
    Query,
    Header,
}

/// Why a parameter is not there.
#[derive(Clone, Debug)]
pub(crate) struct Missing {
    pub(crate) name: String,
    pub(crate) required: bool,
    pub(crate) why: &'static str,
}

/// Fields that are not the parameter's business, as the specification says.
const IGNORED: [&str; 3] = ["accept", "content-type", "authorization"];
/// So many words are a list for people; more are data.
const MOST_WORDS: usize = 100;

/// Those of the path, replaced and completed by those of the operation.
pub(crate) fn merged<'a>(document: &Document<'a>, path: &'a Value, operation: &'a Value) -> Vec<&'a Value> {
    let key = |value: &Value| {
        let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        (text("name"), text("in"))
    };
    let mut all: Vec<&Value> = Vec::new();
    for value in [path, operation].into_iter().flat_map(|from| document.list(from, "parameters")).flatten() {
        match all.iter_mut().find(|known| key(known) == key(value)) {
            Some(known) => *known = value,
            None => all.push(value),
        }
    }
    all
}

/// Reads one. Nothing, if it is one that is ignored, or part of a body.
pub(crate) fn read<'a>(document: &Document<'a>, value: &'a Value) -> Option<Result<Parameter, Missing>> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let name = text("name").unwrap_or_default().to_owned();
    let place = match text("in").unwrap_or_default() {
        "path" => Place::Path,
        "query" | "querystring" => Place::Query,
        "header" if IGNORED.contains(&name.to_ascii_lowercase().as_str()) => return None,
        "header" => Place::Header,
        "body" | "formData" => return None,
        _ => {
            let required = value.get("required") == Some(&Value::Bool(true));
            return Some(Err(Missing {
                name,
                required,
                why: "only path, query and header are known places",
            }));
        }
    };
    let required = place == Place::Path || value.get("required") == Some(&Value::Bool(true));
    let missing = |why| Some(Err(Missing { name: name.clone(), required, why }));
    let schema = match document.version {
        Version::Two => value,
        Version::Three => document.get(value, "schema").unwrap_or(&Value::Null),
    };
    if text("style").is_some_and(|style| matches!(style, "matrix" | "label" | "deepObject")) {
        return missing("its style (matrix, label, deepObject) is not known");
    }
    let kind = match kind(document, schema) {
        Some("integer") => "int",
        Some("number") => "number",
        Some("boolean") => "bool",
        Some("array") => "list",
        Some("object") if value.get("content").is_none() => return missing("it is an object"),
        _ => "string",
    };
    let mut members = vec![
        ("name".to_owned(), Json::String(name.clone())),
        ("in".to_owned(), place.word().into()),
        ("type".to_owned(), kind.into()),
    ];
    if let Some(help) = help(value, schema) {
        members.push(("help".to_owned(), Json::String(help)));
    }
    if required {
        members.push(("required".to_owned(), Json::Bool(true)));
    }
    let words = words(document, schema, kind);
    if !words.is_empty() {
        members.push(("allowed".to_owned(), Json::Array(words)));
    }
    if let Some(separator) = separator(document.version, value, place).filter(|_| kind == "list") {
        members.push(("separator".to_owned(), separator.into()));
    }
    Some(Ok(Parameter { wire: name, place, json: Json::Object(members) }))
}

impl Place {
    const fn word(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
        }
    }
}

/// What it does, and what the service takes if it is not given.
fn help(value: &Value, schema: &Value) -> Option<String> {
    let words = value.get("description").or_else(|| schema.get("description"));
    let words = words.and_then(Value::as_str).and_then(names::summary);
    let default = schema.get("default").and_then(scalar).filter(|text| !text.is_empty() && text.len() < 60);
    match (words, default) {
        (words, None) => words,
        (None, Some(default)) => Some(format!("Without it: {default}.")),
        (Some(words), Some(default)) => {
            let stop = if words.ends_with(['.', '!', '?', '…']) { "" } else { "." };
            Some(format!("{words}{stop} Without it: {default}."))
        }
    }
}

fn words<'a>(document: &Document<'a>, schema: &'a Value, kind: &str) -> Vec<Json> {
    if !matches!(kind, "string" | "list") {
        return Vec::new();
    }
    let schema = if kind == "list" { document.get(schema, "items") } else { document.resolve(schema) };
    let words = schema.and_then(|schema| schema.get("enum")).and_then(Value::as_array);
    let words: Option<Vec<String>> = words.map(|words| words.iter().filter_map(scalar).collect());
    let words = words.filter(|words| words.len() <= MOST_WORDS).unwrap_or_default();
    words.into_iter().map(Json::String).collect()
}

/// What stands between the items of a list; nothing, if each has a parameter of its own.
fn separator(version: Version, value: &Value, place: Place) -> Option<&'static str> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
    if version == Version::Two {
        return match text("collectionFormat") {
            "multi" => None,
            "ssv" => Some(" "),
            "tsv" => Some("\t"),
            "pipes" => Some("|"),
            _ => Some(","),
        };
    }
    let explode = value.get("explode").and_then(Value::as_bool);
    match (place, text("style")) {
        (Place::Query, "spaceDelimited") => Some(" "),
        (Place::Query, "pipeDelimited") => Some("|"),
        (Place::Query, _) => (explode == Some(false)).then_some(","),
        _ => Some(","),
    }
}
