//! A proposal of how to authenticate: the best of the document's security schemes that needs no person at a browser.

use crate::Note;
use crate::address::{Address, host_pattern, object};
use crate::document::Document;
use crate::read::Version;
use grantline_core::json::Json;
use serde_json::Value;

/// How to authenticate.
#[derive(Clone, Debug)]
pub(crate) struct Proposal {
    pub(crate) auth: Json,
    pub(crate) parameters: Vec<Json>,
    /// Hosts beside those of the API.
    pub(crate) hosts: Vec<Json>,
}

/// What kinds of schemes there are, the best first.
enum Scheme<'a> {
    ClientCredentials { token_url: String, scopes: Vec<&'a str> },
    Bearer,
    Basic,
    Key { place: &'a str, name: &'a str },
}

/// Proposes one, and tells which there are beside it.
pub(crate) fn propose(document: &Document<'_>, address: &Address, notes: &mut Vec<Note>) -> Proposal {
    let mut found = Vec::new();
    for (name, value) in schemes(document) {
        match read(document, value, address) {
            Ok(scheme) => found.push((name, scheme)),
            Err(why) => notes.push(Note { place: format!("security {name}"), message: why.to_owned() }),
        }
    }
    found.sort_by_key(|(_, scheme)| match scheme {
        Scheme::ClientCredentials { .. } => 0,
        Scheme::Bearer => 1,
        Scheme::Basic => 2,
        Scheme::Key { .. } => 3,
    });
    let mut found = found.into_iter();
    let Some((name, chosen)) = found.next() else {
        let message = "no way to authenticate can be used: a bearer token is assumed";
        notes.push(Note { place: "security".to_owned(), message: message.to_owned() });
        return bearer();
    };
    for (other, _) in found {
        let message = format!("left out: '{name}' was chosen; 'sets' can hold both");
        notes.push(Note { place: format!("security {other}"), message });
    }
    match chosen {
        Scheme::ClientCredentials { token_url, scopes } => client_credentials(&token_url, &scopes, address),
        Scheme::Bearer => bearer(),
        Scheme::Basic => basic(),
        Scheme::Key { place, name } => key(place, name),
    }
}

fn schemes<'a>(document: &Document<'a>) -> Vec<(&'a str, &'a Value)> {
    let place = match document.version {
        Version::Two => "/securityDefinitions",
        Version::Three => "/components/securitySchemes",
    };
    let all = document.root.pointer(place).and_then(Value::as_object);
    all.into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.as_str(), document.resolve(value)?)))
        .collect()
}

fn read<'a>(
    document: &Document<'a>,
    scheme: &'a Value,
    address: &Address,
) -> Result<Scheme<'a>, &'static str> {
    let text = |name: &str| scheme.get(name).and_then(Value::as_str).unwrap_or_default();
    match (text("type"), text("scheme").to_ascii_lowercase().as_str()) {
        ("basic", _) | ("http", "basic") => Ok(Scheme::Basic),
        ("http", "bearer") => Ok(Scheme::Bearer),
        ("http", _) => Err("left out: its HTTP scheme is not known"),
        ("apiKey", _) if text("name").is_empty() => Err("left out: it has no name"),
        ("apiKey", _) => Ok(Scheme::Key { place: text("in"), name: text("name") }),
        ("oauth2", _) => {
            let flow = match document.version {
                Version::Two if text("flow") == "application" => Some(scheme),
                Version::Two => None,
                Version::Three => scheme.pointer("/flows/clientCredentials"),
            };
            let flow = flow.ok_or("left out: it needs a person at a browser, or their password")?;
            let url = flow.get("tokenUrl").and_then(Value::as_str).unwrap_or_default();
            let token_url = token_url(url, address).ok_or("left out: its token URL cannot be used")?;
            let scopes = flow.get("scopes").and_then(Value::as_object);
            let scopes = scopes.into_iter().flat_map(|scopes| scopes.keys().map(String::as_str)).collect();
            Ok(Scheme::ClientCredentials { token_url, scopes })
        }
        ("mutualTLS", _) => Err("left out: add 'client_certificate' by hand"),
        _ => Err("left out: its type is not known"),
    }
}

/// The token URL; one without a host is below the server of the API.
fn token_url(url: &str, address: &Address) -> Option<String> {
    let safe = |url: &str| !url.contains(['{', '}', '#', ' ']);
    if let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) {
        return safe(rest).then(|| format!("https://{rest}"));
    }
    let base = &address.base_url;
    let origin = match base.strip_prefix("https://") {
        Some(rest) => &base[..8 + rest.find('/').unwrap_or(rest.len())],
        None => "{baseUrl}",
    };
    (safe(url) && !url.is_empty()).then(|| format!("{origin}/{}", url.trim_start_matches('/')))
}

fn client_credentials(token_url: &str, scopes: &[&str], address: &Address) -> Proposal {
    let host = token_url.strip_prefix("https://").and_then(|rest| rest.split(['/', ':']).next());
    let host = host.and_then(host_pattern).map(Json::String).filter(|host| !address.hosts.contains(host));
    let scope = scopes.iter().any(|scope| !scope.is_empty());
    let mut form = vec![("grant_type", "client_credentials")];
    let mut parameters =
        vec![text("clientId", "Client ID", None), secret("clientSecret", "Client secret", None)];
    if scope {
        form.push(("scope", "{scope}"));
        let known = format!("Of: {}.", scopes.iter().take(20).copied().collect::<Vec<_>>().join(" "));
        let mut members = text("scope", "Scope", Some(&known)).members().to_vec();
        members.push(("optional".to_owned(), Json::Bool(true)));
        members.push(("separator".to_owned(), " ".into()));
        parameters.push(Json::Object(members));
    }
    let form = form.into_iter().map(|(name, value)| (name.to_owned(), Json::from(value))).collect();
    let acquire = vec![
        ("method".to_owned(), "POST".into()),
        ("url".to_owned(), token_url.into()),
        ("basic".to_owned(), object([("user", "{clientId}"), ("password", "{clientSecret}")])),
        ("form".to_owned(), Json::Object(form)),
    ];
    let token = vec![
        ("value".to_owned(), "/access_token".into()),
        ("expiry".to_owned(), Json::Array(vec![object([("seconds", "/expires_in")])])),
    ];
    let auth = vec![
        ("acquire".to_owned(), Json::Object(acquire)),
        ("token".to_owned(), Json::Object(token)),
        ("apply".to_owned(), header("authorization", "Bearer {accessToken}")),
    ];
    Proposal { auth: Json::Object(auth), parameters, hosts: host.into_iter().collect() }
}

fn bearer() -> Proposal {
    seeded("{token}", header("authorization", "Bearer {accessToken}"), secret("token", "Access token", None))
}

fn basic() -> Proposal {
    let credentials = Json::Object(vec![("encode".to_owned(), object([("of", "{username}:{password}")]))]);
    let auth = vec![
        ("values".to_owned(), Json::Object(vec![("credentials".to_owned(), credentials)])),
        ("seed".to_owned(), object([("access_token", "{password}")])),
        ("apply".to_owned(), header("authorization", "Basic {credentials}")),
    ];
    let parameters = vec![text("username", "User name", None), secret("password", "Password", None)];
    Proposal { auth: Json::Object(auth), parameters, hosts: Vec::new() }
}

fn key(place: &str, name: &str) -> Proposal {
    let apply = match place {
        "query" => Json::Object(vec![("query".to_owned(), object([(name, "{accessToken}")]))]),
        "cookie" => header("cookie", &format!("{name}={{accessToken}}")),
        _ => header(&name.to_ascii_lowercase(), "{accessToken}"),
    };
    seeded("{apiKey}", apply, secret("apiKey", "API key", None))
}

fn seeded(token: &str, apply: Json, parameter: Json) -> Proposal {
    let seed = object([("access_token", token)]);
    let auth = Json::Object(vec![("seed".to_owned(), seed), ("apply".to_owned(), apply)]);
    Proposal { auth, parameters: vec![parameter], hosts: Vec::new() }
}

fn header(name: &str, value: &str) -> Json {
    Json::Object(vec![("headers".to_owned(), object([(name, value)]))])
}

fn text(name: &str, title: &str, help: Option<&str>) -> Json {
    parameter(name, "string", title, help)
}

fn secret(name: &str, title: &str, help: Option<&str>) -> Json {
    parameter(name, "securestring", title, help)
}

fn parameter(name: &str, kind: &str, title: &str, help: Option<&str>) -> Json {
    let mut members = object([("name", name), ("type", kind), ("title", title)]).members().to_vec();
    members.extend(help.map(|help| ("help".to_owned(), help.into())));
    Json::Object(members)
}
