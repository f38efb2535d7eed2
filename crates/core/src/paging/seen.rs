//! What of an answer decides about the next page.

use crate::http::Headers;
use crate::json::{Json, Pointer};
use crate::manifest::Place;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::Value;

/// What must be seen of the answer that is a page.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// The list of items.
    pub items: &'a Pointer,
    /// What leads to the next page: the first place that holds a text that is not empty, or a whole number.
    pub next: Vec<Place>,
    /// How many pages or items there are in all.
    pub total: Option<&'a Pointer>,
    /// Whether there are more.
    pub more: Option<&'a Pointer>,
}

/// What was seen of it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Seen {
    /// The status of the answer.
    pub status: u16,
    /// The URL that was answered, if the platform tells: relative addresses are resolved against it.
    pub url: Option<String>,
    /// How many items it holds; nothing if there is no list where it should be. `null` is an empty list.
    pub items: Option<usize>,
    /// What leads to the next page.
    pub next: Option<String>,
    /// How many pages or items there are in all.
    pub total: Option<u64>,
    /// Whether there are more.
    pub more: Option<bool>,
}

impl Wanted<'_> {
    /// Looks at an answer whose body is this JSON.
    #[must_use]
    pub fn see(&self, status: u16, url: Option<&str>, headers: &Headers, body: &Value) -> Seen {
        let at = |pointer: &Pointer| body.pointer(&pointer.to_string());
        let next = |place: &Place| match place {
            Place::Body(pointer) => match at(pointer)? {
                Value::String(text) => Some(text.trim().to_owned()),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            },
            Place::Header(name) => headers.get(name).map(|text| text.trim().to_owned()),
            Place::Cookie(_) | Place::Captured(_) => None,
        };
        let total = |value: &Value| match value {
            Value::String(text) => text.trim().parse().ok(),
            value => value.as_u64(),
        };
        Seen {
            status,
            url: url.map(str::to_owned),
            items: match at(self.items) {
                Some(Value::Array(items)) => Some(items.len()),
                Some(Value::Null) => Some(0),
                // No body at all holds no items.
                None if body.is_null() => Some(0),
                _ => None,
            },
            next: self.next.iter().filter_map(next).find(|text| !text.is_empty()),
            total: self.total.and_then(at).and_then(total),
            more: self.more.and_then(at).and_then(Value::as_bool),
        }
    }
}

impl Serialize for Wanted<'_> {
    /// `{ items, next: [pointer | { header }], total?, more? }`
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let next = |place: &Place| match place {
            Place::Body(pointer) => Some(Json::String(pointer.to_string())),
            Place::Header(name) => Some(Json::Object(vec![("header".to_owned(), name.as_str().into())])),
            Place::Cookie(_) | Place::Captured(_) => None,
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("items", &self.items.to_string())?;
        map.serialize_entry("next", &Json::Array(self.next.iter().filter_map(next).collect()))?;
        for (name, pointer) in [("total", self.total), ("more", self.more)] {
            pointer.iter().try_for_each(|pointer| map.serialize_entry(name, &pointer.to_string()))?;
        }
        map.end()
    }
}

impl Seen {
    /// Reads `{ status, url?, items?, next?, total?, more? }`.
    #[must_use]
    pub fn from_json(json: &Json) -> Self {
        let number = |name: &str| json.get(name).and_then(Json::as_u64);
        let text = |name: &str| json.get(name).and_then(Json::as_str).map(str::to_owned);
        Self {
            status: number("status").and_then(|status| u16::try_from(status).ok()).unwrap_or(0),
            items: number("items").and_then(|items| usize::try_from(items).ok()),
            url: text("url"),
            next: text("next"),
            total: number("total"),
            more: match json.get("more") {
                Some(Json::Bool(more)) => Some(*more),
                _ => None,
            },
        }
    }
}
