//! Faults of the core that are known and open. Inputs that meet one are passed over, so that the others are found; each
//! has its input in `regressions`, and leaves this file when it is repaired.

use grantline_core::json::Json;
use grantline_core::{Grant, Settings};

/// What stands literally in the name or the text of a header field of a connector file may be what no header may hold:
/// only names without a placeholder are checked (`header-literal`, `header-name`).
#[must_use]
pub fn is_header_literal(file: &str) -> bool {
    fn look(json: &Json, in_headers: bool) -> bool {
        match json {
            Json::String(text) => in_headers && !text.bytes().all(|b| (0x20..=0x7e).contains(&b)),
            Json::Array(items) => items.iter().any(|item| look(item, in_headers)),
            _ => json.members().iter().any(|(name, value)| {
                (in_headers && name.contains('{') && !name.bytes().all(is_in_name))
                    || look(value, in_headers || name == "headers")
            }),
        }
    }
    Json::parse(file).is_ok_and(|json| look(&json, false))
}

/// A secret in the name of a header field is shown, because only values are masked (`secret-in-header-name`).
#[must_use]
pub fn is_secret_in_header_name(file: &str) -> bool {
    let Ok(file) = Json::parse(file) else { return false };
    let mut secrets = vec!["{accessToken}".to_owned(), "{refreshToken}".to_owned()];
    walk(&file, &mut |json| {
        if json.get("type").and_then(Json::as_str) == Some("securestring") {
            secrets.extend(json.get("name").and_then(Json::as_str).map(|name| format!("{{{name}}}")));
        }
    });
    let mut found = false;
    walk(&file, &mut |json| {
        let names = json.get("headers").map(Json::members).unwrap_or_default();
        found |= names.iter().any(|(name, _)| secrets.iter().any(|secret| name.contains(secret)));
    });
    found
}

fn walk(json: &Json, visit: &mut dyn FnMut(&Json)) {
    visit(json);
    if let Json::Array(items) = json {
        items.iter().for_each(|item| walk(item, visit));
    }
    json.members().iter().for_each(|(_, value)| walk(value, visit));
}

fn is_in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~{}".contains(&byte)
}

/// A host name may have an `xn--` label that means nothing, which no client connects to (`broken-label`).
#[must_use]
pub fn is_broken_label(url: &str) -> bool {
    url.to_ascii_lowercase().contains("xn--")
}

/// A renewal that names the access token, of a record that has a refresh token, too: when it is refused, it is sent
/// again and again (`refused-for-ever`).
#[must_use]
pub fn is_refused_for_ever(grant: &Grant) -> bool {
    let record = serde_json::to_string(&grant.snapshot()).expect("a record is JSON");
    renews_by_access_token(grant.settings()) && record.contains("\"refresh\":")
}

fn renews_by_access_token(settings: &Settings) -> bool {
    settings.connector().manifest().ways().any(|(set, auth)| {
        let is_this = set.map(|set| &set.name) == settings.parameter_set().map(|set| &set.name);
        let renew = auth.renew.as_ref().map(|renew| format!("{renew:?}")).unwrap_or_default();
        is_this && renew.contains("accessToken") && !renew.contains("refreshToken")
    })
}
