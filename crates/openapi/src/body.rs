//! The body of an operation, and what its answer looks like.

use crate::document::Document;
use crate::names;
use crate::read::Version;
use crate::schema::inline;
use grantline_core::json::Json;
use serde_json::{Map, Value};

/// The body that the caller gives, if there is one.
pub(crate) fn body<'a>(
    document: &Document<'a>,
    operation: &'a Value,
    parameters: &[&'a Value],
) -> Option<Json> {
    match document.version {
        Version::Two => two(document, operation, parameters),
        Version::Three => {
            let body = document.get(operation, "requestBody")?;
            let required = body.get("required") == Some(&Value::Bool(true));
            let content = body.get("content").and_then(Value::as_object);
            let (kind, schema) = content.and_then(preferred).unwrap_or(("application/json", None));
            let help = body.get("description").and_then(Value::as_str);
            Some(made(document, kind, required, help, schema))
        }
    }
}

fn two<'a>(document: &Document<'a>, operation: &'a Value, parameters: &[&'a Value]) -> Option<Json> {
    let place = |value: &Value, wanted: &str| value.get("in").and_then(Value::as_str) == Some(wanted);
    let required = |value: &Value| value.get("required") == Some(&Value::Bool(true));
    let consumes = |value: &'a Value| value.get("consumes").and_then(Value::as_array).map(Vec::as_slice);
    let kinds = consumes(operation).or_else(|| consumes(document.root)).unwrap_or_default();
    let kinds: Vec<&str> = kinds.iter().filter_map(Value::as_str).collect();
    if let Some(body) = parameters.iter().find(|value| place(value, "body")) {
        let json = kinds.iter().copied().find(|kind| is_json(kind));
        let kind = json.or_else(|| kinds.first().copied()).unwrap_or("application/json");
        let help = body.get("description").and_then(Value::as_str);
        return Some(made(document, kind, required(body), help, body.get("schema")));
    }
    let fields: Vec<&Value> = parameters.iter().copied().filter(|value| place(value, "formData")).collect();
    if fields.is_empty() {
        return None;
    }
    let file = fields.iter().any(|field| field.get("type").and_then(Value::as_str) == Some("file"));
    let multipart = file || kinds.first().is_some_and(|kind| kind.starts_with("multipart/"));
    let kind = if multipart { "multipart/form-data" } else { "application/x-www-form-urlencoded" };
    let named: Vec<&str> = fields.iter().filter_map(|field| field.get("name")?.as_str()).collect();
    let help = format!("A form with {}.", named.join(", "));
    Some(made(document, kind, fields.iter().any(|field| required(field)), Some(&help), None))
}

fn made(
    document: &Document<'_>,
    kind: &str,
    required: bool,
    help: Option<&str>,
    schema: Option<&Value>,
) -> Json {
    let mut members = Vec::new();
    if kind != "application/json" {
        members.push(("content_type".to_owned(), kind.into()));
    }
    if required {
        members.push(("required".to_owned(), Json::Bool(true)));
    }
    if let Some(help) = help.and_then(names::summary) {
        members.push(("help".to_owned(), Json::String(help)));
    }
    if let Some(schema) = schema {
        members.push(("schema".to_owned(), inline(document, schema)));
    }
    Json::Object(members)
}

/// The schema of an answer that is a success, if it is JSON; and the answer itself.
pub(crate) fn answer<'a>(
    document: &Document<'a>,
    operation: &'a Value,
) -> Option<(&'a Value, Option<&'a Value>)> {
    let responses = operation.get("responses")?.as_object()?;
    let success = |(status, _): &(&String, &Value)| status.starts_with('2');
    let (_, response) = responses.iter().find(success).or_else(|| responses.get_key_value("default"))?;
    let response = document.resolve(response)?;
    let schema = match document.version {
        Version::Two => response.get("schema"),
        Version::Three => {
            let content = response.get("content").and_then(Value::as_object);
            content.and_then(preferred).filter(|(kind, _)| is_json(kind)).and_then(|(_, schema)| schema)
        }
    };
    Some((response, schema))
}

/// Of several types the one that is JSON, or the first.
fn preferred(content: &Map<String, Value>) -> Option<(&str, Option<&Value>)> {
    let json = content.iter().find(|(kind, _)| kind.starts_with("application/json"));
    let json = json.or_else(|| content.iter().find(|(kind, _)| is_json(kind)));
    let (kind, media) = json.or_else(|| content.iter().next())?;
    // A range is no type that could be sent.
    let kind = if kind.contains('*') { "application/json" } else { kind };
    Some((kind, media.get("schema")))
}

fn is_json(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind == "application/json" || kind.ends_with("+json") || kind == "*/*"
}
