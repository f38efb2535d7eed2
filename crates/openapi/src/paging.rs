//! How an operation is paged, where the document leaves no doubt: a documented extension or a standard.

use crate::document::{Document, scalar};
use crate::schema::{kind, property};
use grantline_core::json::Json;
use serde_json::Value;

/// What a document says of pages.
pub(crate) enum Found {
    /// The rule for it.
    Certain(Json),
    /// Probably pages, and nobody knows how.
    Perhaps,
    /// Nothing.
    No,
}

/// Names of parameters that have to do with pages.
const SIGNS: [&str; 12] = [
    "page",
    "offset",
    "cursor",
    "pagetoken",
    "page_token",
    "nexttoken",
    "next_token",
    "starting_after",
    "after",
    "marker",
    "skip",
    "start",
];

pub(crate) fn find<'a>(
    document: &Document<'a>,
    operation: &'a Value,
    response: &'a Value,
    schema: Option<&'a Value>,
    queries: &[&str],
) -> Found {
    if let Some(rule) = pageable(operation) {
        return rule;
    }
    let items = |name: &str| {
        let list = schema.and_then(|schema| property(document, schema, name))?;
        (kind(document, list) == Some("array"))
            .then(|| format!("/{}", name.replace('~', "~0").replace('/', "~1")))
    };
    let has = |name: &str| schema.and_then(|schema| property(document, schema, name));
    // OData, version 4.01, section 11.2.6.7.
    if let (Some(items), Some(_)) = (items("value"), has("@odata.nextLink")) {
        return Found::Certain(next_url(&items, "/@odata.nextLink"));
    }
    // SCIM: RFC 7644, section 3.4.2.4.
    if let (Some(items), Some(_), true) =
        (items("Resources"), has("totalResults"), queries.contains(&"startIndex"))
    {
        let rule = vec![
            ("items".to_owned(), Json::String(items)),
            ("parameter".to_owned(), "startIndex".into()),
            ("first".to_owned(), Json::Int(1)),
            ("total".to_owned(), "/totalResults".into()),
        ];
        return Found::Certain(Json::Object(vec![("offset".to_owned(), Json::Object(rule))]));
    }
    // JSON:API, version 1.1, 'Pagination'.
    let jsonapi =
        response.get("content").is_some_and(|content| content.get("application/vnd.api+json").is_some());
    let next = has("links").and_then(|links| property(document, links, "next"));
    if let (Some(items), Some(_), true) = (items("data"), next, jsonapi) {
        return Found::Certain(next_url(&items, "/links/next"));
    }
    let list = schema.is_some_and(|schema| kind(document, schema) == Some("array"));
    if list && links_to_next(document, response) {
        let rule = vec![("items".to_owned(), "".into())];
        return Found::Certain(Json::Object(vec![("link_header".to_owned(), Json::Object(rule))]));
    }
    let sign = |name: &&str| SIGNS.contains(&name.to_ascii_lowercase().as_str());
    if queries.iter().any(sign) { Found::Perhaps } else { Found::No }
}

fn next_url(items: &str, next: &str) -> Json {
    let rule = vec![("items".to_owned(), items.into()), ("next".to_owned(), next.into())];
    Json::Object(vec![("next_url".to_owned(), Json::Object(rule))])
}

/// `x-ms-pageable`: the extension of AutoRest.
fn pageable(operation: &Value) -> Option<Found> {
    let rule = operation.get("x-ms-pageable")?;
    let name = |key: &str| rule.get(key).and_then(scalar);
    let escaped = |name: String| format!("/{}", name.replace('~', "~0").replace('/', "~1"));
    Some(match name("nextLinkName").filter(|name| !name.is_empty()) {
        // All in one page.
        None => Found::No,
        Some(next) => {
            let items = name("itemName").unwrap_or_else(|| "value".to_owned());
            Found::Certain(next_url(&escaped(items), &escaped(next)))
        }
    })
}

/// Whether the answer has a Link header that is said to lead to the next page (RFC 8288).
fn links_to_next<'a>(document: &Document<'a>, response: &'a Value) -> bool {
    let Some(headers) = response.get("headers").and_then(Value::as_object) else { return false };
    let link = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("link"));
    let Some(link) = link.and_then(|(_, link)| document.resolve(link)) else { return false };
    let words = link.to_string().to_ascii_lowercase();
    ["next", "paginat", "rfc 5988", "rfc5988", "rfc 8288", "rfc8288"].iter().any(|word| words.contains(word))
}
