//! The document, and what its references mean.

use crate::read::Version;
use serde_json::Value;

/// A document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Document<'a> {
    pub(crate) root: &'a Value,
    pub(crate) version: Version,
}

/// A reference that leads to a reference, and so on: more than this is a circle.
const LONGEST_CHAIN: usize = 32;

impl<'a> Document<'a> {
    pub(crate) const fn new(root: &'a Value, version: Version) -> Self {
        Self { root, version }
    }

    /// What a value means: itself, or what it refers to. Nothing, if that is not in this document.
    pub(crate) fn resolve(&self, value: &'a Value) -> Option<&'a Value> {
        let mut value = value;
        for _ in 0..LONGEST_CHAIN {
            match reference(value) {
                None => return Some(value),
                Some(reference) => value = self.target(reference)?,
            }
        }
        None
    }

    /// What a reference leads to, which may be a reference again.
    pub(crate) fn target(&self, reference: &str) -> Option<&'a Value> {
        self.root.pointer(&decoded(reference.strip_prefix('#')?))
    }

    /// A member of a value, and what it means.
    pub(crate) fn get(&self, value: &'a Value, name: &str) -> Option<&'a Value> {
        self.resolve(value.get(name)?)
    }

    /// The list of a member, each item with what it means; `None` for one that cannot be found.
    pub(crate) fn list(&self, value: &'a Value, name: &str) -> Vec<Option<&'a Value>> {
        let items = value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        items.iter().map(|item| self.resolve(item)).collect()
    }
}

/// The target of a reference. A schema that has a property with this name is none.
pub(crate) fn reference(value: &Value) -> Option<&str> {
    value.get("$ref")?.as_str()
}

/// A fragment as a JSON Pointer: percent-decoded.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let code = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match code.filter(|_| *first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}

/// The text of a scalar.
pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}
