//! An answer in which everything stands where a connector looks for it.

use grantline_core::manifest::{Format, Place, RequestTemplate, TokenRule};
use grantline_core::{Headers, Response};
use serde_json::{Map, Value};

/// An answer to this request. `captured` says what its captures hold; the last answer has a token, too.
pub(crate) fn answer(
    request: &RequestTemplate,
    captured: &dyn Fn(&str) -> String,
    token: Option<(&TokenRule, &str)>,
) -> Response {
    let captures =
        request.captures.iter().filter_map(|(name, places)| Some((places.first()?, captured(name))));
    let token = token.and_then(|(rule, token)| Some((rule.value.first()?, token.to_owned())));
    let (mut headers, mut tree) = (Headers::default(), Value::Null);
    for (place, value) in captures.chain(token) {
        match place {
            Place::Header(name) => headers.append(name, &value),
            Place::Cookie(name) => headers.append("set-cookie", &format!("{name}={value}")),
            Place::Body(pointer) => put(&mut tree, &pointer.to_string(), &value),
            // It is there already.
            Place::Captured(_) => {}
        }
    }
    let body = match request.answer {
        Format::Json if tree.is_null() => "{}".to_owned(),
        Format::Json => tree.to_string(),
        Format::Text => tree.as_str().unwrap_or_default().to_owned(),
        Format::Form => form(&tree),
        Format::Xml => xml(&tree),
    };
    Response::new(200, headers, body.as_bytes())
}

/// Puts a text at a place. An index is a member that is called like it, which reads alike.
pub(crate) fn put(tree: &mut Value, pointer: &str, value: &str) {
    let mut at = tree;
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        at = &mut at[step];
    }
    *at = value.into();
}

fn form(tree: &Value) -> String {
    let percent = |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02X}")).collect() };
    let members = tree.as_object().into_iter().flatten();
    let pairs = members
        .map(|(name, value)| format!("{}={}", percent(name), percent(value.as_str().unwrap_or_default())));
    pairs.collect::<Vec<_>>().join("&")
}

fn xml(tree: &Value) -> String {
    let Some(members) = tree.as_object() else { return escaped(tree.as_str().unwrap_or_default()) };
    let mut out = String::new();
    for (name, value) in members.iter().filter(|(name, _)| !name.starts_with('@')) {
        let inner = value.as_object().into_iter().flatten();
        let attributes = inner.filter_map(|(name, value)| Some((name.strip_prefix('@')?, value)));
        let attributes: String = attributes
            .map(|(name, value)| format!(" {name}=\"{}\"", escaped(value.as_str().unwrap_or_default())))
            .collect();
        out.push_str(&format!("<{name}{attributes}>{}</{name}>", xml(value)));
    }
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
