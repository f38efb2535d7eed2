//! Where the API is: the base URL, the hosts that may have the token, and the parameters in both.

use crate::Note;
use crate::document::{Document, scalar};
use crate::names;
use crate::read::Version;
use grantline_core::json::Json;
use serde_json::Value;

/// The address of an API.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub(crate) base_url: String,
    pub(crate) hosts: Vec<Json>,
    pub(crate) parameters: Vec<Json>,
    /// The server of the document that was chosen, to compare others with.
    pub(crate) server: Option<String>,
}

/// Finds the address: the first server that is named, or a parameter if none is.
pub(crate) fn find(document: &Document<'_>, notes: &mut Vec<Note>) -> Address {
    match document.version {
        Version::Two => two(document.root, notes),
        Version::Three => three(document.root, notes),
    }
}

fn note(notes: &mut Vec<Note>, message: impl Into<String>) {
    notes.push(Note { place: "servers".to_owned(), message: message.into() });
}

fn two(root: &Value, notes: &mut Vec<Note>) -> Address {
    let text = |name: &str| root.get(name).and_then(Value::as_str).unwrap_or_default();
    let path = text("basePath").trim_matches('/');
    let path = if path.is_empty() { String::new() } else { format!("/{path}") };
    let host = text("host").trim_matches('/');
    if host.is_empty() {
        note(notes, "no host is named: it is asked for as the parameter 'baseUrl'");
        return asked_for(&path);
    }
    let schemes = root.get("schemes").and_then(Value::as_array);
    let only_http = schemes.is_some_and(|schemes| {
        !schemes.is_empty() && !schemes.iter().any(|scheme| scheme.as_str() == Some("https"))
    });
    if only_http {
        note(notes, "only http is named; a token is sent over https alone");
    }
    absolute(&format!("https://{host}{path}"), &Value::Null, notes)
}

fn three(root: &Value, notes: &mut Vec<Note>) -> Address {
    let servers = root.get("servers").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let url = |server: &Value| server.get("url").and_then(Value::as_str).unwrap_or("/").trim().to_owned();
    let chosen =
        servers.iter().find(|server| url(server).starts_with("https://")).or_else(|| servers.first());
    let others = servers.iter().filter(|server| chosen.is_some_and(|chosen| !std::ptr::eq(*server, chosen)));
    for other in others {
        note(notes, format!("there is another server, {}", url(other)));
    }
    let Some(server) = chosen else {
        note(notes, "no server is named: it is asked for as the parameter 'baseUrl'");
        return asked_for("");
    };
    let found = url(server);
    let variables = server.get("variables").unwrap_or(&Value::Null);
    let mut address = if let Some(rest) = found.strip_prefix("http://") {
        note(notes, format!("{found} is http; a token is sent over https alone"));
        absolute(&format!("https://{rest}"), variables, notes)
    } else if found.starts_with("https://") {
        absolute(&found, variables, notes)
    } else {
        note(notes, format!("the server '{found}' has no host: it is asked for as the parameter 'baseUrl'"));
        asked_for(found.trim_end_matches('/'))
    };
    address.server = Some(found);
    address
}

/// An address of which only the path is known.
fn asked_for(path: &str) -> Address {
    // Anything but a plain path would be a template of its own.
    let path = if path.starts_with('/') && !path.contains(['{', '}', '?', '#']) { path } else { "" };
    let parameter = [("name", "baseUrl"), ("type", "string"), ("title", "Base URL")];
    Address {
        base_url: format!("{{baseUrl}}{path}"),
        hosts: vec![object([("named_by", "baseUrl")])],
        parameters: vec![object(parameter)],
        server: None,
    }
}

/// `https://` and so on, whose variables become parameters.
fn absolute(url: &str, variables: &Value, notes: &mut Vec<Note>) -> Address {
    let (url, _) = url.split_once(['?', '#']).unwrap_or((url, ""));
    let url = url.trim_end_matches('/');
    let (mut base_url, mut parameters) = (String::new(), Vec::new());
    let mut rest = url;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        base_url.push_str(before);
        let variable = variables.get(name).unwrap_or(&Value::Null);
        let placeholder = names::placeholder(name);
        base_url.push_str(&format!("{{{placeholder}}}"));
        let known = |known: &Json| known.get("name").and_then(Json::as_str) == Some(&placeholder);
        if !parameters.iter().any(known) {
            parameters.push(parameter(&placeholder, variable));
        }
        rest = after;
    }
    base_url.push_str(&rest.replace(['{', '}'], ""));
    let authority =
        base_url.strip_prefix("https://").unwrap_or_default().split('/').next().unwrap_or_default();
    let (host, _) = authority.rsplit_once(':').unwrap_or((authority, ""));
    match host_pattern(host) {
        Some(pattern) => {
            let hosts = vec![Json::String(pattern)];
            Address { base_url, hosts, parameters, server: Some(url.to_owned()) }
        }
        None => {
            note(notes, format!("'{host}' can be any host: it is asked for as the parameter 'baseUrl'"));
            asked_for(base_url.strip_prefix("https://").unwrap_or_default().trim_start_matches(authority))
        }
    }
}

/// The host, with `*.` for what varies at its beginning. None if it varies elsewhere, or as a whole.
pub(crate) fn host_pattern(host: &str) -> Option<String> {
    let fixed = match host.rsplit_once('}') {
        None => return (host.contains('.') && !host.is_empty()).then(|| host.to_owned()),
        // A label that only begins with something variable could be anyone's.
        Some((_, after)) => after.strip_prefix('.')?,
    };
    (fixed.contains('.')).then(|| format!("*.{fixed}"))
}

fn parameter(name: &str, variable: &Value) -> Json {
    let text = |name: &str| variable.get(name).and_then(scalar).filter(|text| !text.is_empty());
    let mut members = vec![
        ("name".to_owned(), name.into()),
        ("type".to_owned(), "string".into()),
        ("title".to_owned(), name.into()),
    ];
    if let Some(help) = text("description").as_deref().and_then(names::summary) {
        members.push(("help".to_owned(), Json::String(help)));
    }
    let allowed: Vec<Json> = variable
        .get("enum")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(scalar)
        .map(Json::String)
        .collect();
    if let Some(default) = text("default").map(Json::String)
        && (allowed.is_empty() || allowed.contains(&default))
    {
        members.push(("default".to_owned(), default));
    }
    if !allowed.is_empty() {
        members.push(("allowed".to_owned(), Json::Array(allowed)));
    }
    Json::Object(members)
}

/// An object of texts.
pub(crate) fn object<const N: usize>(members: [(&str, &str); N]) -> Json {
    Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect())
}
