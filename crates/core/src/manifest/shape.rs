//! What each part of a manifest looks like, and the one walk that compares a file with it.
//!
//! All messages about keys, kinds and words are made here, from tables: what is built afterwards has the right
//! shape. What is written about each part for people is in [`Docs`], which only the JSON Schema reads.

use super::read::Reader;
use super::values;
use crate::error::DidYouMean;
use crate::json::{Json, Pointer};
use crate::names::nearest;
use crate::template::Template;

/// What a value looks like.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    Boolean,
    Integer,
    /// An HTTP status.
    Status,
    Text,
    /// Text with placeholders.
    Template,
    /// A JSON Pointer.
    Pointer,
    /// One of a few words.
    Choice(&'static Choice),
    List(&'static Self),
    Record(&'static Record),
    /// An object with exactly one of these keys.
    OneKey(&'static Record),
    /// Named templates, or lists of them.
    Fields,
    /// Any JSON whose strings are templates.
    Body,
    /// A host name, or the parameter that names one.
    Host,
    /// A JSON Pointer, or one of the places beside the body.
    Place,
    /// One, or a list of them.
    Many(&'static Self),
    /// An object with any names.
    Named(&'static Self),
    /// Any JSON.
    Anything,
}

/// An object with named members.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) name: &'static str,
    pub(crate) fields: &'static [Field],
}

/// One member.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    pub(crate) shape: Shape,
}

/// A word of a few.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) name: &'static str,
    pub(crate) words: &'static [&'static str],
}

/// What is written about a record or a choice, and about each of its members or words in their order.
pub(crate) struct Docs {
    pub(crate) name: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) members: &'static [&'static str],
}

impl Reader {
    /// Reports what does not have this shape. False if nothing can be built from it; an unknown key alone does not
    /// prevent that, so that what the file means is checked, too.
    pub(super) fn walk(&mut self, json: &Json, shape: Shape) -> bool {
        match (shape, json) {
            (Shape::Boolean, Json::Bool(_)) | (Shape::Text, Json::String(_)) => true,
            (Shape::Boolean, _) => self.wrong_kind("true or false", json),
            (Shape::Integer, _) => self.integer(json),
            (Shape::Status, _) => status(json).is_some() || self.refuse("an HTTP status is expected here"),
            (Shape::Template, Json::String(text)) => self.template(text),
            (Shape::Pointer, Json::String(text)) => self.pointer(text),
            (Shape::Choice(choice), Json::String(text)) => self.word(choice.words, text),
            (Shape::Text | Shape::Template | Shape::Pointer | Shape::Choice(_), _) => {
                self.wrong_kind("a string", json)
            }
            (Shape::List(item), Json::Array(items)) => self.items(items, *item),
            (Shape::List(_), _) => self.wrong_kind("a list", json),
            (Shape::Record(record), Json::Object(_)) => self.record(json, record),
            (Shape::OneKey(record), Json::Object(members)) => self.one_key(members, record),
            (Shape::Fields, Json::Object(members)) => self.named_templates(members),
            (Shape::Named(item), Json::Object(members)) => self.named(members, *item),
            (Shape::Record(_) | Shape::OneKey(_) | Shape::Fields | Shape::Named(_), _) => {
                self.wrong_kind("an object", json)
            }
            (Shape::Many(item), Json::Array(items)) => self.items(items, *item),
            (Shape::Many(item), _) => self.walk(json, *item),
            (Shape::Body, _) => self.body(json),
            (Shape::Host, _) => self.host(json),
            (Shape::Place, _) => self.place(json),
            (Shape::Anything, _) => true,
        }
    }

    fn below(&mut self, step: &str, json: &Json, shape: Shape) -> bool {
        self.inside(step, |reader| reader.walk(json, shape))
    }

    fn refuse(&mut self, message: impl Into<String>) -> bool {
        self.problem(message);
        false
    }

    fn wrong_kind(&mut self, wanted: &str, json: &Json) -> bool {
        self.refuse(format!("{wanted} is expected here, not {}", json.kind()))
    }

    fn integer(&mut self, json: &Json) -> bool {
        const WANTED: &str = "a whole number that is not negative";
        match json {
            _ if json.as_u64().is_some() => true,
            Json::Int(_) | Json::Float(_) => self.refuse(format!("{WANTED} is expected here")),
            _ => self.wrong_kind(WANTED, json),
        }
    }

    fn template(&mut self, text: &str) -> bool {
        Template::parse(text).map_or_else(|problem| self.refuse(problem), |_| true)
    }

    fn pointer(&mut self, text: &str) -> bool {
        Pointer::parse(text).is_some()
            || self.refuse(format!("'{text}' is no JSON Pointer: it begins with '/', as in '/access_token'"))
    }

    fn word(&mut self, words: &[&str], given: &str) -> bool {
        if words.contains(&given) {
            return true;
        }
        let hint = DidYouMean(nearest(given, words.iter().copied()));
        self.refuse(format!("'{given}' is none of {}{hint}", words.join(", ")))
    }

    /// Reports all bad items, not only the first.
    fn items(&mut self, items: &[Json], shape: Shape) -> bool {
        let bad = |(index, item): &(usize, &Json)| !self.below(&index.to_string(), item, shape);
        items.iter().enumerate().filter(bad).count() == 0
    }

    fn record(&mut self, json: &Json, record: &Record) -> bool {
        self.known_keys(json.members(), record);
        let mut fits = true;
        for field in record.fields {
            fits &= match json.get(field.name) {
                Some(value) => self.below(field.name, value, field.shape),
                None => !field.required || self.refuse(format!("'{}' is missing", field.name)),
            };
        }
        fits
    }

    fn one_key(&mut self, members: &[(String, Json)], record: &Record) -> bool {
        self.known_keys(members, record);
        let [(key, value)] = members else {
            let keys: String = record.fields.iter().flat_map(|field| [" ", field.name]).collect();
            return self.refuse(format!("exactly one of these keys is expected:{keys}"));
        };
        let field = record.fields.iter().find(|field| field.name == key);
        field.is_some_and(|field| self.below(key, value, field.shape))
    }

    fn known_keys(&mut self, members: &[(String, Json)], record: &Record) {
        for (key, _) in members {
            let mut keys = record.fields.iter().map(|field| field.name);
            if keys.all(|known| known != key) {
                let hint = DidYouMean(nearest(key, record.fields.iter().map(|field| field.name)));
                self.problem_at(key, unknown_key(key, hint));
            }
        }
    }

    fn named_templates(&mut self, members: &[(String, Json)]) -> bool {
        let mut fits = true;
        for (name, value) in members {
            let list = matches!(value, Json::Array(_));
            let shape = if list { Shape::List(&Shape::Template) } else { Shape::Template };
            // Both, so that a bad name does not hide a bad value.
            fits &= self.inside(name, |reader| reader.template(name) & reader.walk(value, shape));
        }
        fits
    }

    /// Stops at the first problem.
    fn body(&mut self, json: &Json) -> bool {
        match json {
            Json::String(text) => self.template(text),
            Json::Array(items) => items.iter().all(|item| self.body(item)),
            Json::Object(members) => members.iter().all(|(name, value)| self.below(name, value, Shape::Body)),
            Json::Null | Json::Bool(_) | Json::Int(_) => true,
            Json::Float(_) => {
                self.refuse("a number here is a whole one that fits in 64 bits: write any other as text")
            }
        }
    }

    fn named(&mut self, members: &[(String, Json)], shape: Shape) -> bool {
        let bad = |(name, value): &&(String, Json)| !self.below(name, value, shape);
        members.iter().filter(bad).count() == 0
    }

    fn host(&mut self, json: &Json) -> bool {
        match json {
            Json::String(pattern) if values::is_host_pattern(pattern) => true,
            Json::String(pattern) => {
                self.problem(format!(
                    "'{pattern}' is no host name with a dot in it, nor '*.' and such a name"
                ));
                true
            }
            _ if values::only(json, "named_by").is_some() => true,
            _ => self.wrong_kind("a host name, or {\"named_by\": parameter},", json),
        }
    }

    fn place(&mut self, json: &Json) -> bool {
        match json {
            Json::String(text) => self.pointer(text),
            _ if values::PLACES.iter().any(|(key, _)| values::only(json, key).is_some()) => true,
            _ => self.refuse(
                "a JSON Pointer, or an object with 'header', 'cookie' or 'captured' is expected here",
            ),
        }
    }
}

/// What many look for, and is left out on purpose, is said at once.
fn unknown_key(key: &str, hint: DidYouMean<'_>) -> String {
    if key.to_ascii_lowercase().contains("saml") {
        return format!(
            "'{key}' is not supported: no SAML assertion is signed here. Take one as a parameter, or from the service's own endpoint by a request before"
        );
    }
    format!("unknown key '{key}'{hint}")
}

pub(super) fn status(json: &Json) -> Option<u16> {
    let number = u16::try_from(json.as_u64()?).ok()?;
    (100..600).contains(&number).then_some(number)
}
