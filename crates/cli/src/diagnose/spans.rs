//! From a JSON Pointer to the bytes of the text that it points at.

use core::ops::Range;
use jsonc_parser::ast::{Object, ObjectProp, Value};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

/// A JSON text whose parts can be found.
pub(crate) struct Spans<'a> {
    text: &'a str,
    root: Option<Value<'a>>,
}

/// A part of the text: the key, if it is a member, and the value.
struct Node<'a, 'b> {
    key: Option<Range<usize>>,
    value: &'b Value<'a>,
}

/// Which end of a member is meant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Part {
    Key,
    Value,
}

impl<'a> Spans<'a> {
    /// The parts of a text that was found to be JSON. Of any other text only its beginning is found.
    pub(crate) fn new(text: &'a str) -> Self {
        let parsed = parse_to_ast(text, &CollectOptions::default(), &strict());
        Self { text, root: parsed.ok().and_then(|parsed| parsed.value) }
    }

    /// What is marked for a problem at this place. A value of several lines is marked by its key or its bracket; if
    /// the place is not there, the nearest one above it is meant.
    pub(crate) fn mark(&self, pointer: &str, part: Part) -> Range<usize> {
        let Some((node, complete)) = self.find(pointer) else { return self.beginning() };
        let range = bytes(node.value);
        match node.key {
            Some(key) if complete && part == Part::Key => key,
            _ if !self.text[range.clone()].contains('\n') => range,
            Some(key) => key,
            None => range.start..range.start + 1,
        }
    }

    /// All that stands at this place, its key included; or at the nearest one above it.
    pub(crate) fn whole(&self, pointer: &str) -> Range<usize> {
        let Some((node, _)) = self.find(pointer) else { return 0..self.text.len() };
        let value = bytes(node.value);
        node.key.map_or(value.start, |key| key.start)..value.end
    }

    /// The first two keys of one object that are the same.
    pub(crate) fn duplicate(&self) -> Option<[Range<usize>; 2]> {
        duplicate(self.root.as_ref()?)
    }

    fn find(&self, pointer: &str) -> Option<(Node<'a, '_>, bool)> {
        let mut node = Node { key: None, value: self.root.as_ref()? };
        for step in pointer.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            match child(node.value, &step) {
                Some(next) => node = next,
                None => return Some((node, false)),
            }
        }
        Some((node, true))
    }

    /// The first character that says something.
    fn beginning(&self) -> Range<usize> {
        let start = self.text.len() - self.text.trim_start().len();
        let length = self.text[start..].chars().next().map_or(0, char::len_utf8);
        start..start + length
    }
}

fn child<'a, 'b>(value: &'b Value<'a>, step: &str) -> Option<Node<'a, 'b>> {
    match value {
        Value::Object(object) => {
            let member = object.properties.iter().find(|member| member.name.as_str() == step)?;
            Some(Node { key: Some(key(member)), value: &member.value })
        }
        Value::Array(array) => {
            Some(Node { key: None, value: array.elements.get(step.parse::<usize>().ok()?)? })
        }
        _ => None,
    }
}

fn duplicate(value: &Value<'_>) -> Option<[Range<usize>; 2]> {
    match value {
        Value::Object(object) => {
            let inner = || object.properties.iter().find_map(|member| duplicate(&member.value));
            twice(object).or_else(inner)
        }
        Value::Array(array) => array.elements.iter().find_map(duplicate),
        _ => None,
    }
}

fn twice(object: &Object<'_>) -> Option<[Range<usize>; 2]> {
    let members = &object.properties;
    members.iter().enumerate().find_map(|(index, second)| {
        let first = members[..index].iter().find(|first| first.name.as_str() == second.name.as_str())?;
        Some([key(first), key(second)])
    })
}

fn key(member: &ObjectProp<'_>) -> Range<usize> {
    let range = member.name.range();
    range.start..range.end
}

fn bytes(value: &Value<'_>) -> Range<usize> {
    let range = value.range();
    range.start..range.end
}

/// JSON and nothing beyond it.
const fn strict() -> ParseOptions {
    ParseOptions {
        allow_comments: false,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "{\n  \"a/b\": [1, {\n    \"é\": \"x\"\n  }]\n}\n";

    fn marked(pointer: &str, part: Part) -> &'static str {
        &TEXT[Spans::new(TEXT).mark(pointer, part)]
    }

    #[test]
    fn finds_keys_and_values() {
        assert_eq!(marked("/a~1b/1/é", Part::Value), "\"x\"");
        assert_eq!(marked("/a~1b/1/é", Part::Key), "\"é\"");
        assert_eq!(marked("/a~1b/0", Part::Key), "1", "an item has no key");
    }

    #[test]
    fn marks_what_is_long_by_its_beginning() {
        assert_eq!(marked("", Part::Value), "{");
        assert_eq!(marked("/a~1b", Part::Value), "\"a/b\"");
        assert_eq!(marked("/a~1b/1", Part::Value), "{");
    }

    #[test]
    fn falls_back_to_what_is_above() {
        assert_eq!(marked("/a~1b/1/none/deeper", Part::Key), "{");
        assert_eq!(marked("/a~1b/7", Part::Value), "\"a/b\"");
        assert_eq!(Spans::new("  not json").mark("/a", Part::Value), 2..3);
        assert_eq!(Spans::new("").mark("", Part::Value), 0..0);
    }

    #[test]
    fn finds_a_key_that_stands_twice() {
        let text = r#"{"a": [{"b": 1, "c": 2, "b": 3}]}"#;
        let [first, second] = Spans::new(text).duplicate().unwrap();
        assert_eq!((first.start, second.start), (8, 24));
        assert!(Spans::new(TEXT).duplicate().is_none());
    }
}
