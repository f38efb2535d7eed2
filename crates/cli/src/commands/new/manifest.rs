//! The connector that is written from the answers.

use super::SCHEMA_FILE;
use super::ask::Answers;
use crate::args::Credentials;
use grantline_core::json::Json;

/// An object in the order of the file.
pub(super) fn object(members: Vec<(&str, Json)>) -> Json {
    Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn text(text: &str) -> Json {
    Json::String(text.to_owned())
}

fn texts(members: &[(&str, &str)]) -> Json {
    object(members.iter().map(|(name, value)| (*name, text(value))).collect())
}

pub(super) fn manifest(answers: &Answers) -> Json {
    object(vec![
        ("$schema", text(&format!("./{SCHEMA_FILE}"))),
        ("id", text(&answers.id)),
        ("title", text(&answers.title)),
        ("parameters", Json::Array(parameters(answers))),
        ("base_url", text(&answers.base_url)),
        ("hosts", Json::Array(hosts(answers))),
        ("auth", auth(answers)),
        ("test", texts(&[("method", "GET"), ("path", &answers.test_path)])),
    ])
}

fn parameters(answers: &Answers) -> Vec<Json> {
    let parameter = |name: &str, kind: &str, title: &str, help: &str| {
        texts(&[("name", name), ("type", kind), ("title", title), ("help", help)])
    };
    let mut all = Vec::new();
    for name in placeholders(answers) {
        all.push(parameter(&name, "string", &words(&name), "Where to find it."));
    }
    let shown = "Where to find it at the service.";
    if answers.credentials == Credentials::Pasted {
        all.push(parameter("token", "securestring", "Token", shown));
    } else {
        all.push(parameter("clientId", "string", "Client ID", shown));
        all.push(parameter("clientSecret", "securestring", "Client secret", shown));
    }
    all
}

/// The names in braces of both URLs, each once.
fn placeholders(answers: &Answers) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for url in [Some(&answers.base_url), answers.token_url.as_ref()].into_iter().flatten() {
        for part in url.split('{').skip(1) {
            let name = part.split('}').next().unwrap_or_default();
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
    }
    names
}

fn hosts(answers: &Answers) -> Vec<Json> {
    let mut hosts = Vec::new();
    for url in [Some(&answers.base_url), answers.token_url.as_ref()].into_iter().flatten() {
        let host = host(url);
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    hosts
}

/// The host of a URL; a value that stands in it may be any name there.
fn host(url: &str) -> Json {
    if let Some((name, _)) = url.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        return texts(&[("named_by", name)]);
    }
    let host = url.strip_prefix("https://").unwrap_or(url);
    let host = host.split(['/', '?', ':']).next().unwrap_or_default();
    match host.rsplit_once('}') {
        Some((_, rest)) => text(&format!("*.{}", rest.split_once('.').map_or(rest, |(_, domain)| domain))),
        None => text(host),
    }
}

fn auth(answers: &Answers) -> Json {
    let (name, value) = &answers.header;
    let apply = object(vec![("headers", texts(&[(name, value)]))]);
    let Some(url) = &answers.token_url else {
        return object(vec![("seed", texts(&[("access_token", "{token}")])), ("apply", apply)]);
    };
    let credentials = [
        ("grant_type", "client_credentials"),
        ("client_id", "{clientId}"),
        ("client_secret", "{clientSecret}"),
    ];
    let mut request = vec![("method", text("POST")), ("url", text(url))];
    match answers.credentials {
        Credentials::Form => request.push(("form", texts(&credentials))),
        Credentials::Json => request.push(("json", texts(&credentials))),
        Credentials::Basic => {
            request.push(("basic", texts(&[("user", "{clientId}"), ("password", "{clientSecret}")])));
            request.push(("form", texts(&credentials[..1])));
        }
        Credentials::Query | Credentials::Pasted => {
            request.push(("query", texts(&credentials)));
            request.push(("secret_url", Json::Bool(true)));
        }
    }
    let expiry = Json::Array(vec![texts(&[("seconds", "/expires_in")])]);
    object(vec![
        ("acquire", object(request)),
        ("token", object(vec![("value", text("/access_token")), ("expiry", expiry)])),
        ("errors", texts(&[("code", "/error"), ("message", "/error_description")])),
        ("apply", apply),
    ])
}

/// `baseUrl` as `Base url`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for c in name.chars() {
        match c {
            _ if words.is_empty() => words.extend(c.to_uppercase()),
            c if c.is_ascii_uppercase() => words.extend([' ', c.to_ascii_lowercase()]),
            '_' => words.push(' '),
            c => words.push(c),
        }
    }
    words
}
