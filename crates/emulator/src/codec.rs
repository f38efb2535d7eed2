//! Reading and writing of the encodings that the four systems use: query and form strings, JSON objects,
//! HTTP Basic, dates.
//!
//! Decides: nothing is repaired. A broken percent sequence, text that is not UTF-8, a repeated name and
//! a media type with parameters other than `charset=utf-8` are refused, so that a client cannot come to
//! depend on a lenient server. `charset=utf-8` is tolerated everywhere, because common HTTP clients add it.

use std::collections::BTreeSet;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Deserializer as _;
use serde::de::{MapAccess, Visitor};
use serde_json::Value;

use crate::http::{Request, Single};

/// Names and values in order.
pub(crate) type Pairs = Vec<(String, String)>;

/// The bytes are not what they claim to be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Malformed;

/// The declared media type of a body.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Media {
    Absent,
    Json,
    Form,
    Other,
}

/// Reads a query or an urlencoded form; a name may occur once, except the list form `name[]`.
pub(crate) fn pairs(text: &str) -> Result<Pairs, Malformed> {
    let mut seen = BTreeSet::new();
    let mut pairs = Pairs::new();
    for part in text.split('&').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let (name, value) = (percent_decode(name)?, percent_decode(value)?);
        if !seen.insert(name.clone()) && !name.ends_with("[]") {
            return Err(Malformed);
        }
        pairs.push((name, value));
    }
    Ok(pairs)
}

/// The value of a name.
pub(crate) fn value<'a>(pairs: &'a Pairs, name: &str) -> Option<&'a str> {
    pairs.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
}

/// The value of a name, unless it is blank.
pub(crate) fn filled<'a>(pairs: &'a Pairs, name: &str) -> Option<&'a str> {
    value(pairs, name).filter(|value| !value.is_empty())
}

/// Reads a form body.
pub(crate) fn form(body: &[u8]) -> Result<Pairs, Malformed> {
    pairs(std::str::from_utf8(body).map_err(|_| Malformed)?)
}

/// Joins two carriers of parameters; a name in both is as wrong as a name twice in one.
pub(crate) fn merge(mut first: Pairs, second: Pairs) -> Result<Pairs, Malformed> {
    if second.iter().any(|(name, _)| value(&first, name).is_some()) {
        return Err(Malformed);
    }
    first.extend(second);
    Ok(first)
}

/// Reads a JSON object whose top-level names occur once each.
pub(crate) fn object(body: &[u8]) -> Result<Vec<(String, Value)>, Malformed> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let members = deserializer.deserialize_map(Members).map_err(|_| Malformed)?;
    deserializer.end().map_err(|_| Malformed)?;
    Ok(members)
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, Value)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object without repeated names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut seen = BTreeSet::new();
        let mut members = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if !seen.insert(name.clone()) {
                return Err(serde::de::Error::custom("repeated name"));
            }
            members.push((name, value));
        }
        Ok(members)
    }
}

/// The string members of an object. Others are dropped: where a string is needed, a number is a missing
/// parameter.
pub(crate) fn strings(members: Vec<(String, Value)>) -> Pairs {
    let text = |(name, value)| if let Value::String(value) = value { Some((name, value)) } else { None };
    members.into_iter().filter_map(text).collect()
}

/// The media type of the body.
pub(crate) fn media(request: &Request) -> Media {
    let header = match request.single("content-type") {
        Single::Absent => return Media::Absent,
        Single::Repeated => return Media::Other,
        Single::One(header) => header.to_ascii_lowercase(),
    };
    let mut parts = header.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let utf8 = |part: &str| matches!(part, "charset=utf-8" | "charset=\"utf-8\"");
    match essence {
        _ if !parts.all(utf8) => Media::Other,
        "application/json" => Media::Json,
        "application/x-www-form-urlencoded" => Media::Form,
        _ => Media::Other,
    }
}

/// Scheme in lower case (RFC 9110 section 11.1) and credentials of the one `Authorization` header.
pub(crate) fn authorization(request: &Request) -> Option<(String, &str)> {
    let Single::One(header) = request.single("authorization") else { return None };
    let (scheme, credentials) = header.split_once(' ')?;
    let whole = !credentials.is_empty() && !credentials.contains([' ', '\t']);
    whole.then(|| (scheme.to_ascii_lowercase(), credentials))
}

/// The credentials of a bearer header (RFC 6750 section 2.1).
pub(crate) fn bearer(request: &Request) -> Option<&str> {
    authorization(request).filter(|(scheme, _)| scheme == "bearer").map(|(_, token)| token)
}

/// Id and secret of HTTP Basic credentials: padded standard base64, split at the first colon, not
/// urlencoded, which is how the vendor's own samples are made.
pub(crate) fn basic(credentials: &str) -> Option<(String, String)> {
    let text = String::from_utf8(STANDARD.decode(credentials).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

/// Base64url without padding.
pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Escapes everything but the unreserved characters of RFC 3986.
pub(crate) fn percent_encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { (byte as char).into() } else { format!("%{byte:02X}") })
        .collect()
}

fn percent_decode(text: &str) -> Result<String, Malformed> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || rest.next().and_then(|b| (b as char).to_digit(16)).ok_or(Malformed);
                let (high, low) = (digit()?, digit()?);
                (high * 16 + low) as u8
            }
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_or_repeated_parameters_are_refused() {
        assert_eq!(pairs("a=1&b=%41+x"), Ok(vec![("a".into(), "1".into()), ("b".into(), "A x".into())]));
        for text in ["a=1&a=1", "a=%4", "a=%zz", "%ff=1", "a=1&%61=2"] {
            assert_eq!(pairs(text), Err(Malformed), "{text}");
        }
        assert!(object(br#"{"a":1,"a":2}"#).is_err());
        assert!(object(br#"{"a":1} {}"#).is_err());
        assert!(object(b"[]").is_err());
    }

    #[test]
    fn media_types_with_unknown_parameters_are_other() {
        let of = |value: &str| media(&Request::new("POST", "/").with_header("Content-Type", value));
        assert_eq!(of("application/json; charset=UTF-8"), Media::Json);
        assert_eq!(of("application/json; charset=latin1"), Media::Other);
        assert_eq!(of("application/jsonp"), Media::Other);
    }
}
