//! The JSON Schema of the manifest format, from the same shapes that the reader uses.

use super::Manifest;
use super::read::Read;
use super::shape::{Docs, Field, Record, Shape};
use crate::json::Json;

impl Manifest {
    /// The JSON Schema (draft 2020-12) of a connector file.
    #[must_use]
    pub fn json_schema() -> Json {
        let mut schema = Schema::default();
        Self::docs(&mut schema.docs);
        let root = schema.shape(Self::SHAPE);
        Json::Object(vec![
            ("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into()),
            ("title".into(), "Grantline connector".into()),
            ("$ref".into(), root.get("$ref").cloned().unwrap_or(Json::Null)),
            ("$defs".into(), Json::Object(schema.defs)),
        ])
    }
}

/// A name with a dot in it, or `*.` and such a name.
const HOST: &str = r"^(\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+$";

/// What [`Shape::Host`] looks like when it is no name.
const NAMED_HOST: Record = Record { name: "NamedHost", fields: &[text_field("named_by", true)] };
const NAMED_HOST_DOCS: Docs = Docs {
    name: "NamedHost",
    doc: "For software that runs anywhere: the one host that the person names.",
    members: &["The parameter that holds the base URL or the host."],
};

/// What [`Shape::Place`] looks like when it is not in the body.
const ELSEWHERE: Record = Record {
    name: "Elsewhere",
    fields: &[text_field("header", false), text_field("cookie", false), text_field("captured", false)],
};
const ELSEWHERE_DOCS: Docs = Docs {
    name: "Elsewhere",
    doc: "A place in an answer that is not in its body.",
    members: &[
        "A header field.",
        "A cookie that is set.",
        "What an earlier request captured under this name.",
    ],
};

const fn text_field(name: &'static str, required: bool) -> Field {
    Field { name, required, shape: Shape::Text }
}

/// Every type writes its own: the checked-in schema shows that none is forgotten.
const NO_DOCS: Docs = Docs { name: "", doc: "", members: &[] };

/// A schema in the making.
struct Schema {
    defs: Vec<(String, Json)>,
    docs: Vec<Docs>,
}

impl Default for Schema {
    fn default() -> Self {
        Self { defs: Vec::new(), docs: vec![NAMED_HOST_DOCS, ELSEWHERE_DOCS] }
    }
}

impl Schema {
    fn shape(&mut self, wanted: Shape) -> Json {
        match wanted {
            Shape::Body | Shape::Anything => Json::Object(Vec::new()),
            Shape::Boolean => of_type("boolean", None),
            Shape::Integer | Shape::Status => of_type("integer", Some(("minimum", Json::Int(0)))),
            Shape::Text | Shape::Template => of_type("string", None),
            Shape::Pointer => of_type("string", Some(("pattern", "^(/.*)?$".into()))),
            Shape::Choice(choice) => {
                let options = choice.words.iter().zip(self.docs(choice.name).members);
                let option = |(word, doc): (&&str, &&str)| {
                    Json::Object(vec![
                        ("const".into(), (*word).into()),
                        ("description".into(), doc.trim().into()),
                    ])
                };
                Json::Object(vec![("oneOf".into(), Json::Array(options.map(option).collect()))])
            }
            Shape::List(item) => of_type("array", Some(("items", self.shape(*item)))),
            Shape::Record(record) => self.define(record, false),
            Shape::OneKey(record) => self.define(record, true),
            Shape::Fields => {
                let text = of_type("string", None);
                let list = of_type("array", Some(("items", text.clone())));
                of_type("object", Some(("additionalProperties", any_of(vec![text, list]))))
            }
            Shape::Host => {
                let host = of_type("string", Some(("pattern", HOST.into())));
                any_of(vec![host, self.define(&NAMED_HOST, true)])
            }
            Shape::Place => any_of(vec![self.shape(Shape::Pointer), self.define(&ELSEWHERE, true)]),
            Shape::Many(item) => {
                let one = self.shape(*item);
                any_of(vec![one.clone(), of_type("array", Some(("items", one)))])
            }
            Shape::Named(item) => of_type("object", Some(("additionalProperties", self.shape(*item)))),
        }
    }

    /// What is written about the record or choice of this name.
    fn docs(&self, name: &str) -> &Docs {
        self.docs.iter().find(|docs| docs.name == name).unwrap_or(&NO_DOCS)
    }

    /// Adds the definition of a record once, and refers to it.
    fn define(&mut self, record: &Record, one_key: bool) -> Json {
        if !self.defs.iter().any(|(name, _)| name == record.name) {
            let at = self.defs.len();
            // Its place is taken first, so that definitions stand in the order of use.
            self.defs.push((record.name.to_owned(), Json::Null));
            self.defs[at].1 = self.definition(record, one_key);
        }
        Json::Object(vec![("$ref".into(), Json::String(format!("#/$defs/{}", record.name)))])
    }

    fn definition(&mut self, record: &Record, one_key: bool) -> Json {
        let mut properties = Vec::new();
        for (index, field) in record.fields.iter().enumerate() {
            let mut json = self.shape(field.shape);
            if let Json::Object(members) = &mut json {
                let doc = self.docs(record.name).members.get(index).copied().unwrap_or_default();
                members.insert(0, ("description".into(), doc.trim().into()));
            }
            properties.push((field.name.to_owned(), json));
        }
        let required = record.fields.iter().filter(|field| !one_key && field.required);
        let mut members = vec![
            ("description".to_owned(), Json::from(self.docs(record.name).doc.trim())),
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
}

fn of_type(name: &str, more: Option<(&str, Json)>) -> Json {
    let mut members = vec![("type".to_owned(), Json::from(name))];
    members.extend(more.map(|(key, value)| (key.to_owned(), value)));
    Json::Object(members)
}

fn any_of(options: Vec<Json>) -> Json {
    Json::Object(vec![("anyOf".into(), Json::Array(options))])
}
