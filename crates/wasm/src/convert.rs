//! Between JavaScript values and those of the core.

use grantline_core::json::Json;
use grantline_core::{Ambient, Error, Event, Token, UnixTime};
use grantline_fetch::{Connection, entropy};
use js_sys::JSON;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_wasm_bindgen::Serializer as ToJs;
use wasm_bindgen::JsValue;

/// A plain object. What the core serializes always can be one.
pub fn to_js(value: &impl Serialize) -> JsValue {
    let serializer = ToJs::new().serialize_maps_as_objects(true);
    value.serialize(&serializer).unwrap_or_default()
}

/// What is thrown: the wrapper makes a `GrantlineError` of it.
#[must_use]
pub fn thrown(error: &Error) -> JsValue {
    to_js(error)
}

/// Any value as a tree: `undefined` and what JSON cannot say is nothing.
#[must_use]
pub fn to_json(value: &JsValue) -> Json {
    let text = JSON::stringify(value).ok().and_then(|text| text.as_string());
    text.and_then(|text| Json::parse(&text).ok()).unwrap_or(Json::Null)
}

pub(crate) fn to_event(value: &JsValue) -> Result<Event, Error> {
    Event::from_json(&to_json(value))
}

/// `{ now, entropy? }`, where `entropy` is hexadecimal.
pub(crate) fn to_ambient(value: &JsValue) -> Option<Ambient> {
    let json = to_json(value);
    let now = UnixTime::from_millis(json.get("now")?.as_u64()?);
    let Some(digits) = json.get("entropy").and_then(Json::as_str) else {
        return Some(Ambient::new(now, entropy()));
    };
    let mut bytes = [0; 32];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(Ambient::new(now, bytes))
}

/// A token, the `Authorization` field that carries it, and until when both need no second thought.
pub(crate) fn pass(connection: &Connection, token: &Token) -> Result<JsValue, Error> {
    let authorization = connection.settings().authorization(token)?;
    Ok(to_js(&Pass { token, authorization, until: connection.settled_until() }))
}

struct Pass<'a> {
    token: &'a Token,
    authorization: Option<String>,
    until: Option<UnixTime>,
}

/// Written by hand as a map: a derived form would bring a table of names along.
impl Serialize for Pass<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("token", self.token)?;
        self.authorization.iter().try_for_each(|field| map.serialize_entry("authorization", field))?;
        self.until.iter().try_for_each(|time| map.serialize_entry("until", time))?;
        map.end()
    }
}
