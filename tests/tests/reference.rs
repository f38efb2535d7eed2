//! The reference of the connector format says what the reader reads: its tables come from the JSON Schema.

#![allow(clippy::unwrap_used, reason = "what a test cannot do stops it")]

use conformance::{compare, root};
use core::fmt::Write;
use grantline_core::Connector;
use grantline_core::json::Json;
use grantline_core::manifest::Manifest;

const FILE: &str = "../docs/connector-format.md";
const MARK: &str = "<!-- what follows is written by the test";

#[test]
fn the_tables_are_those_of_the_reader() {
    let page = std::fs::read_to_string(root().join(FILE)).unwrap();
    let end = page.find(MARK).unwrap();
    let end = end + page[end..].find('\n').unwrap() + 1;
    let schema = Manifest::json_schema();
    let mut text = page[..end].to_owned();
    for (name, definition) in schema.get("$defs").unwrap().members() {
        section(&mut text, name, definition);
    }
    compare(FILE, &text);
}

#[test]
fn the_first_example_is_a_connector() {
    let page = std::fs::read_to_string(root().join(FILE)).unwrap();
    let example = page.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    Connector::from_json(example).unwrap();
}

fn section(text: &mut String, name: &str, definition: &Json) {
    writeln!(text, "\n## {name}\n\n{}\n", member(definition, "description")).unwrap();
    writeln!(text, "| key | is | means |\n| --- | --- | --- |").unwrap();
    let needed = list(definition, "required");
    for (key, property) in definition.get("properties").unwrap().members() {
        let star = if needed.contains(&key.as_str().into()) { " *" } else { "" };
        let words = list(property, "oneOf").iter().map(|word| {
            let (word, means) = (member(word, "const"), member(word, "description"));
            if word == means { String::new() } else { format!("<br>`{word}`: {means}") }
        });
        let means = format!("{}{}", member(property, "description"), words.collect::<String>());
        writeln!(text, "| `{key}`{star} | {} | {} |", kind(property), means.replace('|', "\\|")).unwrap();
    }
}

fn member<'a>(json: &'a Json, key: &str) -> &'a str {
    json.get(key).and_then(Json::as_str).unwrap_or_default()
}

fn list<'a>(json: &'a Json, key: &str) -> &'a [Json] {
    match json.get(key) {
        Some(Json::Array(items)) => items,
        _ => &[],
    }
}

/// What kind of value a key has, in words.
fn kind(json: &Json) -> String {
    if let Some(name) = member(json, "$ref").rsplit('/').next().filter(|name| !name.is_empty()) {
        return match name {
            "Elsewhere" => "place".to_owned(),
            "NamedHost" => "parameter".to_owned(),
            name => format!("[{name}](#{})", name.to_lowercase()),
        };
    }
    let options: Vec<String> = list(json, "anyOf").iter().map(kind).collect();
    if options.contains(&"place".to_owned()) {
        return "[place](#places-in-an-answer)".to_owned();
    }
    if let [one, many] = options.as_slice()
        && *many == format!("list: {one}")
    {
        return format!("{one}, or a list");
    }
    if !options.is_empty() {
        return options.join(" or ");
    }
    let words: Vec<String> =
        list(json, "oneOf").iter().map(|word| format!("`{}`", member(word, "const"))).collect();
    if !words.is_empty() {
        return words.join(", ");
    }
    let inside = |key: &str| json.get(key).map(kind).unwrap_or_default();
    match member(json, "type") {
        "array" => format!("list: {}", inside("items")),
        "object" => format!("by name: {}", inside("additionalProperties")),
        "string" if member(json, "pattern") == "^(/.*)?$" => "JSON Pointer".to_owned(),
        "string" => "text".to_owned(),
        "integer" => "whole number".to_owned(),
        "" => "any JSON".to_owned(),
        other => other.to_owned(),
    }
}
