//! The JSON Schema of the manifest format, from the same shapes that the reader uses.

use super::Manifest;
use super::read::{Read, Record, Shape};
use crate::json::Json;

impl Manifest {
    /// The JSON Schema (draft 2020-12) of a connector file.
    #[must_use]
    pub fn json_schema() -> Json {
        let mut records = Vec::new();
        let root = shape(&Self::SHAPE, &mut records);
        Json::Object(vec![
            ("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into()),
            ("title".into(), "Grantline connector".into()),
            ("$ref".into(), root.get("$ref").cloned().unwrap_or(Json::Null)),
            ("$defs".into(), Json::Object(records)),
        ])
    }
}

type Defs = Vec<(String, Json)>;

fn shape(wanted: &Shape, defs: &mut Defs) -> Json {
    match wanted {
        Shape::Any => Json::Object(Vec::new()),
        Shape::Boolean => of_type("boolean", None),
        Shape::Integer => of_type("integer", Some(("minimum", Json::Int(0)))),
        Shape::Text => of_type("string", None),
        Shape::Pattern(pattern) => of_type("string", Some(("pattern", (*pattern).into()))),
        Shape::Choice(words) => {
            let option = |(word, doc): &(&str, &str)| {
                Json::Object(vec![
                    ("const".into(), (*word).into()),
                    ("description".into(), doc.trim().into()),
                ])
            };
            Json::Object(vec![("oneOf".into(), Json::Array(words.iter().map(option).collect()))])
        }
        Shape::List(item) => of_type("array", Some(("items", shape(item, defs)))),
        Shape::Map(value) => of_type("object", Some(("additionalProperties", shape(value, defs)))),
        Shape::Record(record) => define(record, false, defs),
        Shape::OneKey(record) => define(record, true, defs),
        Shape::Either(options) => {
            let options = options.iter().map(|option| shape(option, defs)).collect();
            Json::Object(vec![("anyOf".into(), Json::Array(options))])
        }
    }
}

fn of_type(name: &str, more: Option<(&str, Json)>) -> Json {
    let mut members = vec![("type".to_owned(), Json::from(name))];
    members.extend(more.map(|(key, value)| (key.to_owned(), value)));
    Json::Object(members)
}

/// Adds the definition of a record once, and refers to it.
fn define(record: &Record, one_key: bool, defs: &mut Defs) -> Json {
    if !defs.iter().any(|(name, _)| name == record.name) {
        let at = defs.len();
        // Its place is taken first, so that definitions stand in the order of use.
        defs.push((record.name.to_owned(), Json::Null));
        defs[at].1 = definition(record, one_key, defs);
    }
    Json::Object(vec![("$ref".into(), Json::String(format!("#/$defs/{}", record.name)))])
}

fn definition(record: &Record, one_key: bool, defs: &mut Defs) -> Json {
    let property = |field: &super::read::Field, defs: &mut Defs| {
        let mut json = shape(&field.shape, defs);
        if let Json::Object(members) = &mut json {
            members.insert(0, ("description".into(), field.doc.trim().into()));
        }
        (field.name.to_owned(), json)
    };
    let properties = record.fields.iter().map(|field| property(field, defs)).collect();
    let required = record.fields.iter().filter(|field| !one_key && (field.required)());
    let mut members = vec![
        ("description".to_owned(), Json::from(record.doc.trim())),
        ("type".to_owned(), "object".into()),
        ("properties".to_owned(), Json::Object(properties)),
        ("required".to_owned(), Json::Array(required.map(|field| field.name.into()).collect())),
        ("additionalProperties".to_owned(), Json::Bool(false)),
    ];
    if one_key {
        members.extend(["minProperties", "maxProperties"].map(|key| (key.to_owned(), Json::Int(1))));
    }
    Json::Object(members)
}
