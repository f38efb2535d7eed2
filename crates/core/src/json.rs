//! A JSON tree that keeps the order of members and refuses duplicate names.
//!
//! Both matter here: a token request must go out with its members in the order that the vendor prints, and an
//! answer with two `access_token` members has no meaning (RFC 8259, section 4, leaves it open; we refuse it).
//! Reading and writing is serde_json's work.

use core::fmt;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// Any JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number without a fraction that fits in 64 bits.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Self>),
    /// An object, its members in the order in which they were read.
    Object(Vec<(String, Self)>),
}

impl Json {
    /// Reads one JSON text.
    ///
    /// # Errors
    /// What is wrong with the text and where, without quoting it.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Reads a form (`a=1&b=2`) as an object of strings. A name that stands twice, or bytes that are no text, make it
    /// none.
    #[must_use]
    pub fn from_form(text: &str) -> Option<Self> {
        let mut members: Vec<(String, Self)> = Vec::new();
        for pair in text.trim().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (unescaped(name)?, unescaped(value)?);
            if members.iter().any(|(known, _)| *known == name) {
                return None;
            }
            members.push((name, Self::String(value)));
        }
        Some(Self::Object(members))
    }

    /// The member called `name`, if this is an object that has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.members().iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The members of an object; none for anything else.
    #[must_use]
    pub fn members(&self) -> &[(String, Self)] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }

    /// The items of an array; none for anything else.
    pub(crate) fn items(&self) -> &[Self] {
        match self {
            Self::Array(items) => items,
            _ => &[],
        }
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// A code or a message: text or a whole number, not empty.
    pub(crate) fn word(&self) -> Option<String> {
        match self {
            Self::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            Self::Int(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// A whole number that is not negative.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Int(number) => u64::try_from(*number).ok(),
            // JavaScript knows only floats: a whole one is a whole number.
            Self::Float(number) if number.fract() == 0.0 && (0.0..9.0e15).contains(number) => {
                Some(*number as u64)
            }
            _ => None,
        }
    }

    /// The value at a parsed JSON Pointer (RFC 6901).
    #[must_use]
    pub fn at(&self, pointer: &Pointer) -> Option<&Self> {
        pointer.0.iter().try_fold(self, |value, step| match value {
            // '-1' is the last one, which JSON Pointer has no word for.
            Self::Array(items) if step == "-1" => items.last(),
            Self::Array(items) => items.get(step.parse::<usize>().ok()?),
            _ => value.get(step),
        })
    }

    /// What kind of value this is, for messages.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Int(_) | Self::Float(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

/// A name or value of a form, decoded.
fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

/// A JSON Pointer (RFC 6901), split and unescaped.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pointer(Vec<String>);

impl Pointer {
    /// Splits a pointer such as `/data/token`; the empty text points at the whole document.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self(Vec::new()));
        }
        let steps = text.strip_prefix('/')?.split('/');
        Some(Self(steps.map(|step| step.replace("~1", "/").replace("~0", "~")).collect()))
    }
}

impl Pointer {
    /// Whether it points at the whole document.
    pub(crate) const fn is_whole(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|step| write!(f, "/{}", step.replace('~', "~0").replace('/', "~1")))
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::String(value) => serializer.serialize_str(value),
            Self::Array(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| list.serialize_element(item))?;
                list.end()
            }
            Self::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                members.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Tree)
    }
}

/// More members than this in one object is not a token answer, and looking for duplicates would take long.
const MOST_MEMBERS: usize = 4096;

/// One hand-written visitor: a derived one would cost the wasm module several times as much.
struct Tree;

impl<'de> Visitor<'de> for Tree {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_none<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(i64::try_from(value).map_or(Json::Float(value as f64), Json::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members: Vec<(String, Json)> = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, Json>()? {
            if members.iter().any(|(known, _)| *known == name) {
                return Err(de::Error::custom("a member stands twice in one object"));
            }
            if members.len() == MOST_MEMBERS {
                return Err(de::Error::custom("an object has too many members"));
            }
            members.push((name, value));
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_order_and_refuses_duplicates() {
        let json = Json::parse(r#"{"b":1,"a":[true,null,2.5]}"#).unwrap();
        assert_eq!(serde_json::to_string(&json).unwrap(), r#"{"b":1,"a":[true,null,2.5]}"#);
        assert!(Json::parse(r#"{"a":1,"a":1}"#).is_err());
    }

    #[test]
    fn pointers_reach_members_and_items() {
        let json = Json::parse(r#"{"data":[{"a/b":"x"}]}"#).unwrap();
        let pointer = Pointer::parse("/data/0/a~1b").unwrap();
        assert_eq!(json.at(&pointer), Some(&"x".into()));
        assert_eq!(pointer.to_string(), "/data/0/a~1b");
        assert!(Pointer::parse("data").is_none());
        assert_eq!(json.at(&Pointer::parse("").unwrap()), Some(&json));
    }
}
