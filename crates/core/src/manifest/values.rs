//! The parts of a manifest that are neither records nor words: hosts, places, lists, named things, JSON bodies.

use super::read::{Read, misshapen};
use super::shape::{Docs, Shape};
use crate::ability::Abilities;
use crate::json::{Json, Pointer};
use crate::template::Template;
use crate::url::is_host;
use core::ops::Deref;
use core::slice;

/// A host that may receive secrets.
#[derive(Clone, Debug, PartialEq)]
pub enum Host {
    /// This name; one that begins with `*.` stands for every name below the rest.
    Pattern(String),
    /// The one host that the person names in this parameter: for software that runs anywhere.
    NamedBy(String),
}

impl Read for Host {
    const SHAPE: Shape = Shape::Host;

    fn read(json: Option<&Json>, able: &Abilities) -> Self {
        match json.and_then(|json| only(json, "named_by")) {
            Some(parameter) => Self::NamedBy(parameter.to_owned()),
            None => Self::Pattern(Read::read(json, able)),
        }
    }
}

/// The text in `{ "key": text }`.
pub(super) fn only<'a>(json: &'a Json, key: &str) -> Option<&'a str> {
    match json.members() {
        [(known, Json::String(text))] if known == key => Some(text),
        _ => None,
    }
}

/// A host name with a dot in it, or `*.` and such a name.
pub(super) fn is_host_pattern(pattern: &str) -> bool {
    let name = pattern.strip_prefix("*.").unwrap_or(pattern);
    is_host(name) && name.contains('.')
}

/// Where something stands in an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// In the body: a JSON Pointer.
    Body(Pointer),
    /// In a header field.
    Header(String),
    /// In a cookie that the answer sets.
    Cookie(String),
    /// In what an earlier request captured.
    Captured(String),
}

type MakePlace = fn(String) -> Place;

/// The places that are not in the body, by their key.
pub(super) const PLACES: [(&str, MakePlace); 3] =
    [("header", Place::Header), ("cookie", Place::Cookie), ("captured", Place::Captured)];

impl Read for Place {
    const SHAPE: Shape = Shape::Place;

    fn read(json: Option<&Json>, able: &Abilities) -> Self {
        let elsewhere = |json| PLACES.iter().find_map(|(key, make)| Some(make(only(json, key)?.to_owned())));
        json.and_then(elsewhere).unwrap_or_else(|| Self::Body(Read::read(json, able)))
    }
}

/// One, or a list of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Many<T>(pub Vec<T>);

impl<T> Default for Many<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Deref for Many<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Read> Read for Many<T> {
    const SHAPE: Shape = Shape::Many(&T::SHAPE);
    const REQUIRED: bool = false;

    fn read(json: Option<&Json>, able: &Abilities) -> Self {
        Self(match json {
            Some(Json::Array(_)) | None => Read::read(json, able),
            Some(_) => vec![T::read(json, able)],
        })
    }

    fn docs(all: &mut Vec<Docs>) {
        T::docs(all);
    }
}

/// Something without which nothing works.
#[derive(Clone, Debug, PartialEq)]
pub struct Needed<T>(pub T);

impl<T> Deref for Needed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Read> Read for Needed<T> {
    const SHAPE: Shape = T::SHAPE;

    fn read(json: Option<&Json>, able: &Abilities) -> Self {
        Self(T::read(json, able))
    }

    fn docs(all: &mut Vec<Docs>) {
        T::docs(all);
    }
}

/// Things with names, in the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Named<T>(pub Vec<(String, T)>);

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Deref for Named<T> {
    type Target = [(String, T)];

    fn deref(&self) -> &[(String, T)] {
        &self.0
    }
}

impl<T: Read> Read for Named<T> {
    const SHAPE: Shape = Shape::Named(&T::SHAPE);
    const REQUIRED: bool = false;

    fn read(json: Option<&Json>, able: &Abilities) -> Self {
        let members = json.map(Json::members).unwrap_or_default();
        Self(members.iter().map(|(name, value)| (name.clone(), T::read(Some(value), able))).collect())
    }

    fn docs(all: &mut Vec<Docs>) {
        T::docs(all);
    }
}

/// Any JSON: what it means is not decided here.
#[derive(Clone, Debug, PartialEq)]
pub struct Anything(pub Json);

impl Read for Anything {
    const SHAPE: Shape = Shape::Anything;

    fn read(json: Option<&Json>, _: &Abilities) -> Self {
        Self(json.cloned().unwrap_or_else(|| misshapen()))
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

    pub(crate) fn templates(&self) -> Vec<&Template> {
        self.0.iter().flat_map(|(name, value)| [name, value]).collect()
    }
}

impl Read for Fields {
    const SHAPE: Shape = Shape::Fields;
    const REQUIRED: bool = false;

    fn read(json: Option<&Json>, able: &Abilities) -> Self {
        let mut fields = Vec::new();
        for (name, value) in json.map(Json::members).unwrap_or_default() {
            let name = Template::parse(name).unwrap_or_else(|_| misshapen());
            let values = match value {
                Json::Array(items) => items,
                _ => slice::from_ref(value),
            };
            fields.extend(values.iter().map(|value| (name.clone(), Read::read(Some(value), able))));
        }
        Self(fields)
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
    const SHAPE: Shape = Shape::Body;

    fn read(json: Option<&Json>, able: &Abilities) -> Self {
        match json {
            Some(Json::String(_)) => Self::Text(Read::read(json, able)),
            Some(Json::Array(_)) => Self::List(Read::read(json, able)),
            Some(Json::Object(members)) => Self::Object(
                members.iter().map(|(name, value)| (name.clone(), Self::read(Some(value), able))).collect(),
            ),
            Some(Json::Null) => Self::Fixed(Scalar::Null),
            Some(Json::Bool(value)) => Self::Fixed(Scalar::Bool(*value)),
            Some(Json::Int(value)) => Self::Fixed(Scalar::Int(*value)),
            Some(Json::Float(_)) | None => misshapen(),
        }
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
