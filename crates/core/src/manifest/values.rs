//! The parts of a manifest that are neither records nor words: hosts, named templates, JSON bodies.

use super::read::{Read, Reader, Shape};
use crate::json::Json;
use crate::template::Template;
use crate::url::is_host;

/// The hosts that may receive secrets.
#[derive(Clone, Debug, PartialEq)]
pub enum Hosts {
    /// These names; one that begins with `*.` stands for every name below the rest.
    Patterns(Vec<String>),
    /// The one host that the person names in this parameter: for software that runs anywhere.
    NamedBy(String),
}

impl Read for Hosts {
    const SHAPE: Shape = Shape::Either(&[
        Shape::List(&Shape::Pattern(r"^(\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+$")),
        Shape::OneKey(&super::read::Record {
            name: "NamedHost",
            doc: " For software that runs anywhere: the one host that the person names.",
            fields: &[super::read::Field {
                name: "named_by",
                doc: " The parameter that holds the base URL or the host.",
                required: || true,
                shape: Shape::Text,
            }],
        }),
    ]);

    fn read(json: &Json, reader: &mut Reader) -> Option<Self> {
        if let [(key, Json::String(parameter))] = json.members()
            && key == "named_by"
        {
            return Some(Self::NamedBy(parameter.clone()));
        }
        let Json::Array(_) = json else {
            return reader.wrong_kind("a list of host names, or {\"named_by\": parameter},", json);
        };
        let patterns = Vec::<String>::read(json, reader)?;
        for (index, pattern) in patterns.iter().enumerate() {
            let name = pattern.strip_prefix("*.").unwrap_or(pattern);
            if !is_host(name) || !name.contains('.') {
                reader.inside(&index.to_string(), |reader| {
                    reader.problem(format!(
                        "'{pattern}' is no host name with a dot in it, nor '*.' and such a name"
                    ));
                });
            }
        }
        if patterns.is_empty() {
            reader.problem("at least one host is needed: nothing may be sent anywhere else");
        }
        Some(Self::Patterns(patterns))
    }
}

/// Named templates, in the order of the file: headers, query, form. A name may hold placeholders, too, and stands
/// once for each item of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields(pub Vec<(Template, Template)>);

impl Fields {
    /// Whether a field has this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Template> {
        self.0.iter().find(|(known, _)| known.as_literal() == Some(name)).map(|(_, value)| value)
    }

    pub(crate) fn templates(&self) -> impl Iterator<Item = &Template> {
        self.0.iter().flat_map(|(name, value)| [name, value])
    }
}

impl Read for Fields {
    const SHAPE: Shape = Shape::Map(&Shape::Either(&[Shape::Text, Shape::List(&Shape::Text)]));

    fn read(json: &Json, reader: &mut Reader) -> Option<Self> {
        let Json::Object(members) = json else {
            return reader.wrong_kind("an object", json);
        };
        let mut fields = Some(Vec::new());
        for (name, value) in members {
            let pair = reader.inside(name, |reader| {
                let name = Template::parse(name).map_err(|problem| reader.problem(problem)).ok();
                let values = match value {
                    Json::Array(_) => Vec::read(value, reader),
                    _ => Template::read(value, reader).map(|value| vec![value]),
                };
                Some((name?, values?))
            });
            fields = match (fields, pair) {
                (Some(mut fields), Some((name, values))) => {
                    fields.extend(values.into_iter().map(|value| (name.clone(), value)));
                    Some(fields)
                }
                _ => None,
            };
        }
        fields.map(Self)
    }

    fn absent() -> Option<Self> {
        Some(Self::default())
    }
}

/// A JSON body whose strings are templates.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// A number, a boolean or null.
    Fixed(Scalar),
    /// A string. If it is nothing but the placeholder of an `int` or `bool`, it is written without quotes.
    Text(Template),
    /// An array.
    List(Vec<Self>),
    /// An object.
    Object(Vec<(String, Self)>),
}

/// A value in a JSON body that is the same for everyone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scalar {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number. Others would need a float writer, whose tables are a tenth of the wasm module.
    Int(i64),
}

impl Body {
    /// Calls `visit` with every template.
    pub(crate) fn templates<'a>(&'a self, visit: &mut dyn FnMut(&'a Template)) {
        match self {
            Self::Fixed(_) => {}
            Self::Text(template) => visit(template),
            Self::List(items) => items.iter().for_each(|item| item.templates(visit)),
            Self::Object(members) => members.iter().for_each(|(_, value)| value.templates(visit)),
        }
    }
}

impl Read for Body {
    const SHAPE: Shape = Shape::Any;

    fn read(json: &Json, reader: &mut Reader) -> Option<Self> {
        Some(match json {
            Json::String(_) => Self::Text(Template::read(json, reader)?),
            Json::Array(items) => {
                Self::List(items.iter().map(|item| Self::read(item, reader)).collect::<Option<_>>()?)
            }
            Json::Object(members) => {
                let read = |(name, value): &(String, Json)| {
                    Some((name.clone(), reader.inside(name, |reader| Self::read(value, reader))?))
                };
                Self::Object(members.iter().map(read).collect::<Option<_>>()?)
            }
            Json::Null => Self::Fixed(Scalar::Null),
            Json::Bool(value) => Self::Fixed(Scalar::Bool(*value)),
            Json::Int(value) => Self::Fixed(Scalar::Int(*value)),
            Json::Float(_) => {
                reader.problem("a number here is a whole one that fits in 64 bits: write any other as text");
                return None;
            }
        })
    }
}

/// Whether this can name a header field (RFC 9110, section 5.6.2), in the lower case that we write.
pub(crate) fn is_header_name(name: &str) -> bool {
    let token = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&b);
    !name.is_empty() && name.bytes().all(token)
}

/// Whether this can be the id of a connector, or the name of a set.
pub(crate) fn is_id(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
