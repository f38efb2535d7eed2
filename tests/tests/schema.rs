//! The JSON Schema for editors and the reader for programs say the same of a connector.

#![allow(clippy::unwrap_used, reason = "what a test cannot do stops it")]

use conformance::{compare, root};
use core::fmt::Write;
use grantline_core::Connector;
use grantline_core::manifest::Manifest;
use jsonschema::Validator;
use serde_json::{Value, json};

#[test]
fn the_committed_schema_is_what_the_reader_says() {
    let wanted = format!("{}\n", serde_json::to_string_pretty(&Manifest::json_schema()).unwrap());
    let stale = "cargo run -p grantline-connectors --example schema writes it";
    assert!(grantline_connectors::SCHEMA == wanted, "connector.schema.json is stale: {stale}");
}

#[test]
fn the_built_in_connectors_fit_the_schema() {
    let schema = schema();
    for (id, file) in grantline_connectors::FILES {
        let file: Value = serde_json::from_str(file).unwrap();
        let problems: Vec<String> = schema.iter_errors(&file).map(|error| error.to_string()).collect();
        assert!(problems.is_empty(), "{id}: {problems:?}");
    }
}

/// What an editor underlines, `grantline check` refuses; and it sees what no schema can say.
#[test]
fn broken_connectors_are_refused_with_good_words() {
    let schema = schema();
    let mut report = String::from(
        "What is said of broken connectors, and whether the JSON Schema sees it, too.\n\
         Written by the test `schema`; GRANTLINE_BLESS=1 rewrites it.\n",
    );
    for (name, manifest) in broken().into_iter().chain(broken_values()) {
        let text = manifest.as_str().map_or_else(|| manifest.to_string(), str::to_owned);
        let error = Connector::from_json(&text).expect_err(name);
        let parsed = serde_json::from_str::<Value>(&text);
        let seen = parsed.is_ok_and(|json| !schema.is_valid(&json));
        writeln!(report, "\n{name}{}", if seen { "" } else { " (not seen by the schema)" }).unwrap();
        for problem in &error.problems {
            writeln!(report, "  {problem}").unwrap();
        }
    }
    compare("broken_connectors.txt", &report);
    // Shapes are the schema's business; meaning is not.
    let unseen = report.lines().filter(|line| line.ends_with("(not seen by the schema)")).count();
    assert_eq!(unseen, 57, "a shape that the schema misses, or a new case: look, then change the number");
}

/// What the schema refuses, the reader refuses.
#[test]
fn the_reader_is_never_laxer_than_the_schema() {
    let schema = schema();
    let mut seen = 0;
    for (id, file) in grantline_connectors::FILES {
        let file: Value = serde_json::from_str(file).unwrap();
        for (place, broken) in mutations(&file) {
            if !schema.is_valid(&broken) {
                seen += 1;
                assert!(Connector::from_json(&broken.to_string()).is_err(), "{id}: the reader takes {place}");
            }
        }
    }
    assert!(seen > 200, "only {seen} mutations were refused by the schema");
}

fn schema() -> Validator {
    let path = root().join("../crates/connectors/connectors/connector.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

/// A connector that is right, with one change each.
fn good() -> Value {
    json!({
        "id": "acme", "title": "Acme",
        "parameters": [
            { "name": "baseUrl", "type": "string", "title": "Base URL" },
            { "name": "clientSecret", "type": "securestring", "title": "Secret" }
        ],
        "base_url": "{baseUrl}", "hosts": ["api.acme.example"],
        "auth": {
            "acquire": { "method": "POST", "url": "{baseUrl}/token", "form": { "secret": "{clientSecret}" } },
            "token": { "value": "/access_token", "expiry": [{ "seconds": "/expires_in" }] },
            "apply": { "headers": { "authorization": "Bearer {accessToken}" } }
        }
    })
}

/// The same with one thing changed or added.
fn with(mut manifest: Value, pointer: &str, value: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match manifest.pointer_mut(parent).unwrap() {
        Value::Object(members) => drop(members.insert(key.to_owned(), value)),
        Value::Array(items) => items.push(value),
        _ => unreachable!(),
    }
    manifest
}

fn broken() -> Vec<(&'static str, Value)> {
    assert!(Connector::from_json(&good().to_string()).is_ok());
    let with = |pointer: &str, value: Value| with(good(), pointer, value);
    let without = |pointer: &str| {
        let mut changed = good();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        changed.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(key);
        changed
    };
    let parameter = |value: Value| with("/parameters/-", value);
    vec![
        ("not JSON", json!("{ \"id\": ")),
        ("a member twice", json!("{ \"id\": \"a\", \"id\": \"b\" }")),
        ("not an object", json!([])),
        ("nothing", json!({})),
        ("unknown key", with("/auth/token/refreshtoken", json!("/refresh_token"))),
        ("unknown key at the top", with("/host", json!(["api.acme.example"]))),
        ("missing key", without("/auth/token/value")),
        ("missing apply", without("/auth/apply")),
        ("wrong type", with("/title", json!(7))),
        ("wrong type of a list", with("/parameters", json!({}))),
        (
            "a form and another content type",
            with("/auth/acquire/headers", json!({ "content-type": "application/json" })),
        ),
        (
            "a form and a content type with a charset",
            with(
                "/auth/acquire/headers",
                json!({ "content-type": "application/x-www-form-urlencoded; charset=utf-8" }),
            ),
        ),
        (
            "JSON and another content type",
            with(
                "/auth/renew",
                json!({ "method": "POST", "url": "{baseUrl}/t", "json": {}, "headers": { "content-type": "text/plain" } }),
            ),
        ),
        (
            "JSON and a content type of the person",
            with(
                "/auth/renew",
                json!({ "method": "POST", "url": "{baseUrl}/t", "json": {}, "headers": { "content-type": "{baseUrl}" } }),
            ),
        ),
        ("a line break in a header", with("/auth/acquire/headers", json!({ "x-tag": "a\r\nb: c" }))),
        (
            "a line break in the name of a header",
            with("/auth/acquire/headers", json!({ "x\r\n{baseUrl}": "a" })),
        ),
        ("a secret as the name of a header", with("/auth/acquire/headers", json!({ "{clientSecret}": "a" }))),
        ("a token as the name of a header", with("/auth/apply/headers", json!({ "{accessToken}": "a" }))),
        ("a header twice", with("/auth/acquire/headers", json!({ "x-tag": ["a", "b"] }))),
        (
            "Basic and the secret in the form",
            with("/auth/acquire/basic", json!({ "user": "me", "password": "{clientSecret}" })),
        ),
        (
            "Basic and the secret in the query",
            with(
                "/auth/renew",
                json!({ "method": "POST", "url": "{baseUrl}/t", "query": { "secret": "{clientSecret}" },
                        "basic": { "user": "me", "password": "{clientSecret}" } }),
            ),
        ),
        (
            "a list of secrets",
            parameter(json!({ "name": "list", "type": "securestring", "title": "x", "separator": "," })),
        ),
        (
            "a body that says nothing",
            with("/auth/rejected", json!({ "bodies": [{ "statuses": [], "words": ["x"] }] })),
        ),
        ("words of a body are missing", with("/auth/rejected", json!({ "bodies": [{ "statuses": [200] }] }))),
        ("wrong word", with("/auth/acquire/method", json!("post"))),
        ("wrong kind of parameter", parameter(json!({ "name": "x", "type": "secret", "title": "X" }))),
        ("several problems", {
            let mut changed = without("/title");
            changed["auth"]["acquire"]["methd"] = json!("POST");
            changed["auth"]["renew"] = json!({ "method": "PST" });
            changed
        }),
        (
            "two keys where one is expected",
            with("/auth/token/expiry", json!([{ "seconds": "/a", "jwt": "/b" }])),
        ),
        ("no key where one is expected", with("/auth/token/expiry", json!([{}]))),
        ("an unknown key where one is expected", with("/auth/token/expiry", json!([{ "second": "/a" }]))),
        ("negative number", with("/auth/renew_before_seconds", json!(-1))),
        ("number with a fraction", with("/auth/renew_before_seconds", json!(1.5))),
        ("no status", with("/auth/revoked_statuses", json!([42]))),
        ("bad pointer", with("/auth/token/value", json!("access_token"))),
        ("bad id", with("/id", json!("Acme Inc."))),
        ("hosts of a wrong type", with("/hosts", json!("api.acme.example"))),
        ("hosts named by nothing", with("/hosts", json!([{ "named_by": "baseUrll" }]))),
        ("hosts named by two", with("/hosts", json!([{ "named_by": "baseUrl", "and": "x" }]))),
        ("no hosts", with("/hosts", json!([]))),
        ("a host with a scheme", with("/hosts", json!(["https://api.acme.example"]))),
        ("a host that is everything", with("/hosts", json!(["*"]))),
        ("a host that is a top-level domain", with("/hosts", json!(["*.example"]))),
        ("lone brace", with("/base_url", json!("{baseUrl"))),
        ("space in a placeholder", with("/base_url", json!("{base url}"))),
        ("unknown placeholder in base_url", with("/base_url", json!("{baseUrll}"))),
        ("http literal URL", with("/auth/acquire/url", json!("http://api.acme.example/token"))),
        ("relative URL", with("/auth/acquire/url", json!("/token"))),
        ("unknown placeholder", with("/auth/acquire/form", json!({ "secret": "{clientSecrte}" }))),
        ("unknown placeholder in a JSON body", {
            let mut changed = without("/auth/acquire/form");
            changed["auth"]["acquire"]["json"] = json!({ "a": [{ "b": "{clientID}" }] });
            changed
        }),
        ("acquire with a refresh token", with("/auth/acquire/form", json!({ "t": "{refreshToken}" }))),
        (
            "apply with a refresh token",
            with("/auth/apply/headers", json!({ "authorization": "Bearer {refreshToken}" })),
        ),
        ("seed with a token", with("/auth/seed", json!({ "access_token": "{accessToken}" }))),
        ("two bodies", with("/auth/acquire/json", json!({ "a": 1 }))),
        ("two authentications", {
            let mut changed =
                with("/auth/acquire/basic", json!({ "user": "x", "password": "{clientSecret}" }));
            changed["auth"]["acquire"]["headers"] = json!({ "authorization": "x" });
            changed
        }),
        (
            "header in capitals",
            with("/auth/apply/headers", json!({ "Authorization": "Bearer {accessToken}" })),
        ),
        ("header with a space", with("/auth/apply/headers", json!({ "x ws env": "{accessToken}" }))),
        (
            "curly quotes around a header",
            with("/auth/apply/headers", json!({ "‘x-ws-env’": "{accessToken}" })),
        ),
        ("no way to a token", without("/auth/acquire")),
        ("no place of the token", without("/auth/token")),
        ("neither auth nor sets", without("/auth")),
        ("auth and sets", with("/sets", json!([{ "name": "a", "title": "A", "auth": good()["auth"] }]))),
        (
            "secret with a default",
            parameter(json!({ "name": "k", "type": "securestring", "title": "K", "default": "x" })),
        ),
        (
            "default that is not allowed",
            parameter(
                json!({ "name": "k", "type": "string", "title": "K", "default": "x", "allowed": ["y"] }),
            ),
        ),
        (
            "default of a wrong type",
            parameter(json!({ "name": "k", "type": "int", "title": "K", "default": "x" })),
        ),
        (
            "bad name of a parameter",
            parameter(json!({ "name": "client-id", "type": "string", "title": "K" })),
        ),
        ("a parameter twice", parameter(json!({ "name": "baseURL", "type": "string", "title": "K" }))),
        ("test without a slash", with("/test", json!({ "method": "GET", "path": "me" }))),
        (
            "test with an unknown placeholder",
            with("/test", json!({ "method": "GET", "path": "/me", "headers": { "x-a": "{b}" } })),
        ),
    ]
}

/// The file with each value replaced by one of another type, and with each key removed or misspelt.
fn mutations(file: &Value) -> Vec<(String, Value)> {
    let mut places = Vec::new();
    walk(file, String::new(), &mut places);
    let mut mutations = Vec::new();
    for place in places {
        for value in [json!(null), json!(7), json!("text"), json!([]), json!({}), json!(true)] {
            let mut changed = file.clone();
            *changed.pointer_mut(&place).unwrap() = value.clone();
            mutations.push((format!("{place} = {value}"), changed));
        }
        let (parent, key) = place.rsplit_once('/').unwrap();
        let mut changed = file.clone();
        if let Some(Value::Object(members)) = changed.pointer_mut(parent) {
            let key = key.replace("~1", "/").replace("~0", "~");
            let value = members.remove(&key).unwrap();
            mutations.push((format!("{place} removed"), changed.clone()));
            changed.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(format!("{key}x"), value);
            mutations.push((format!("{place} misspelt"), changed));
        }
    }
    mutations
}

fn walk(value: &Value, place: String, places: &mut Vec<String>) {
    let step = |key: &str| format!("{place}/{}", key.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| walk(value, step(key), places)),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, step(&index.to_string()), places);
            }
        }
        _ => {}
    }
    if !place.is_empty() {
        places.push(place);
    }
}

/// What goes wrong with values, captures and places.
fn broken_values() -> Vec<(&'static str, Value)> {
    let with = |pointer: &str, value: Value| with(good(), pointer, value);
    vec![
        (
            "a SAML assertion",
            with("/auth/values", json!({ "assertion": { "saml": { "key": "{clientSecret}" } } })),
        ),
        (
            "a value that uses a later one",
            with("/auth/values", json!({ "a": { "encode": { "of": "{b}" } }, "b": { "random": {} } })),
        ),
        (
            "a value with the name of a parameter",
            with("/auth/values", json!({ "clientSecret": { "random": {} } })),
        ),
        ("too many random bytes", with("/auth/values", json!({ "a": { "random": { "bytes": 99 } } }))),
        (
            "a claim twice",
            with(
                "/auth/values",
                json!({ "a": { "jwt": { "algorithm": "HS256", "key": "{clientSecret}", "claims": { "exp": "1" }, "lifetime_seconds": 60 } } }),
            ),
        ),
        ("a signed value in apply", signed_apply()),
        ("a time in the authorization field", timed_apply()),
        ("a random seed", random_seed()),
        ("a capture that comes later", later_capture()),
        ("a place that nobody captured", with("/auth/token/value", json!({ "captured": "session" }))),
        ("a place that is none", with("/auth/token/value", json!({ "body": "/token" }))),
        ("no place", with("/auth/token/value", json!([]))),
        (
            "cookies twice",
            with(
                "/auth/apply",
                json!({ "headers": { "cookie": "a={accessToken}" }, "cookies": { "b": "{accessToken}" } }),
            ),
        ),
        (
            "acquire and mint",
            with("/auth/mint", json!({ "value": "{clientSecret}", "lifetime_seconds": 60 })),
        ),
    ]
}

fn signed_apply() -> Value {
    let jwt = json!({ "jwt": { "algorithm": "RS256", "key": "{clientSecret}", "claims": {} } });
    valued(json!({ "assertion": jwt }), "/auth/apply", json!({ "headers": { "x-assertion": "{assertion}" } }))
}

fn timed_apply() -> Value {
    let headers = json!({ "headers": { "authorization": "Bearer {accessToken}:{at}" } });
    valued(json!({ "at": { "now": {} } }), "/auth/apply", headers)
}

fn random_seed() -> Value {
    valued(json!({ "nonce": { "random": {} } }), "/auth/seed", json!({ "access_token": "{nonce}" }))
}

fn later_capture() -> Value {
    let first = json!({ "method": "GET", "url": "{baseUrl}/{session}" });
    let second = json!({ "method": "POST", "url": "{baseUrl}/t", "captures": { "session": "/session" } });
    with(good(), "/auth/acquire", json!([first, second]))
}

fn valued(values: Value, pointer: &str, value: Value) -> Value {
    with(with(good(), "/auth/values", values), pointer, value)
}
