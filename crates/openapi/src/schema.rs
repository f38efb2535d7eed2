//! JSON Schemas of answers and bodies: without references, and no larger than tools need.

use crate::document::{Document, reference};
use grantline_core::json::Json;
use serde_json::Value;

/// Deeper members are left open.
const DEEPEST: usize = 4;
/// So are those after so many.
const LARGEST: usize = 40;

/// What of a schema is kept as it is.
const PLAIN: [&str; 5] = ["type", "format", "enum", "required", "nullable"];
/// Schemas in lists.
const LISTS: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// A schema that stands for itself. Circles are cut, as is what lies too deep.
pub(crate) fn inline(document: &Document<'_>, schema: &Value) -> Json {
    Inliner { document, left: LARGEST, within: Vec::new() }.schema(schema, 0)
}

struct Inliner<'a, 'd> {
    document: &'a Document<'d>,
    left: usize,
    /// The references that are being followed.
    within: Vec<String>,
}

impl Inliner<'_, '_> {
    fn schema(&mut self, schema: &Value, depth: usize) -> Json {
        let open = Json::Object(Vec::new());
        if depth > DEEPEST || self.left == 0 {
            return open;
        }
        self.left -= 1;
        let Some(target) = reference(schema) else { return self.members(schema, depth) };
        if self.within.iter().any(|known| known == target) {
            return open;
        }
        let Some(found) = self.document.target(target) else { return open };
        self.within.push(target.to_owned());
        let json = self.schema(found, depth);
        self.within.pop();
        json
    }

    fn members(&mut self, schema: &Value, depth: usize) -> Json {
        let mut members = Vec::new();
        for name in PLAIN {
            if let Some(value) = schema.get(name) {
                members.push((name.to_owned(), plain(value)));
            }
        }
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            let inner = properties.iter().map(|(name, value)| (name.clone(), self.schema(value, depth + 1)));
            members.push(("properties".to_owned(), Json::Object(inner.collect())));
        }
        for name in ["items", "additionalProperties"] {
            match schema.get(name) {
                Some(value @ Value::Object(_)) => {
                    members.push((name.to_owned(), self.schema(value, depth + 1)));
                }
                Some(Value::Bool(flag)) => members.push((name.to_owned(), Json::Bool(*flag))),
                _ => {}
            }
        }
        for name in LISTS {
            if let Some(list) = schema.get(name).and_then(Value::as_array) {
                let list = list.iter().map(|item| self.schema(item, depth + 1)).collect();
                members.push((name.to_owned(), Json::Array(list)));
            }
        }
        Json::Object(members)
    }
}

/// A value as it is.
fn plain(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Json::Int(whole),
            (None, float) => Json::Float(float.unwrap_or_default()),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(items) => Json::Array(items.iter().map(plain).collect()),
        Value::Object(members) => {
            Json::Object(members.iter().map(|(name, value)| (name.clone(), plain(value))).collect())
        }
    }
}

/// The properties of a schema, those of its parts included.
pub(crate) fn property<'a>(document: &Document<'a>, schema: &'a Value, name: &str) -> Option<&'a Value> {
    find_property(document, schema, name, 0)
}

fn find_property<'a>(
    document: &Document<'a>,
    schema: &'a Value,
    name: &str,
    depth: usize,
) -> Option<&'a Value> {
    let schema = document.resolve(schema)?;
    if let Some(found) = schema.get("properties").and_then(|properties| document.get(properties, name)) {
        return Some(found);
    }
    let parts = schema.get("allOf").and_then(Value::as_array).filter(|_| depth < DEEPEST)?;
    parts.iter().find_map(|part| find_property(document, part, name, depth + 1))
}

/// The type of a schema: of several, the first that is not `null`; of a choice, that of its first branch.
pub(crate) fn kind<'a>(document: &Document<'a>, schema: &'a Value) -> Option<&'a str> {
    let mut schema = document.resolve(schema)?;
    for _ in 0..DEEPEST {
        match schema.get("type") {
            Some(Value::String(kind)) => return Some(kind),
            Some(Value::Array(kinds)) => {
                return kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null");
            }
            _ => {}
        }
        let null = |part: &Value| part.get("type").and_then(Value::as_str) == Some("null");
        let branch = ["allOf", "anyOf", "oneOf"].into_iter().find_map(|name| {
            let mut parts = schema.get(name)?.as_array()?.iter().filter_map(|part| document.resolve(part));
            parts.find(|part| !null(part))
        });
        let Some(branch) = branch else {
            return schema
                .get("properties")
                .map(|_| "object")
                .or_else(|| schema.get("items").map(|_| "array"));
        };
        schema = branch;
    }
    None
}
