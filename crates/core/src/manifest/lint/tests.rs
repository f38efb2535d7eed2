//! Each lint: what it says of a fault, and that it says nothing where there is none.

use super::{Severity, check};
use serde_json::{Value, json};

fn service() -> Value {
    json!({
        "id": "acme", "title": "Acme", "docs": "https://docs.acme.example",
        "parameters": [
            { "name": "tenant", "type": "string", "title": "Tenant" },
            { "name": "secret", "type": "securestring", "title": "Secret", "help": "Settings." },
        ],
        "base_url": "https://{tenant}.acme.example", "hosts": ["*.acme.example"],
        "auth": {
            "acquire": { "method": "POST", "url": "https://{tenant}.acme.example/token", "form": { "s": "{secret}" } },
            "token": { "value": "/access_token", "expiry": [{ "seconds": "/expires_in" }] },
            "errors": { "code": "/error" },
            "apply": { "headers": { "authorization": "Bearer {accessToken}" } },
        },
        "test": { "method": "GET", "path": "/me" },
    })
}

fn push(service: &mut Value, list: &str, item: Value) {
    service[list].as_array_mut().unwrap().push(item);
}

/// What is said of the service with this change.
fn said(change: impl FnOnce(&mut Value)) -> Vec<(Severity, String, String)> {
    let mut service = service();
    change(&mut service);
    let problems = check(&service.to_string()).into_iter();
    problems.map(|problem| (problem.severity, problem.pointer, problem.message)).collect()
}

#[track_caller]
fn only(severity: Severity, pointer: &str, words: &str, change: impl FnOnce(&mut Value)) {
    match said(change).as_slice() {
        [(found, place, message)] => {
            assert_eq!((*found, place.as_str()), (severity, pointer), "{message}");
            assert!(message.contains(words), "{words:?} is not in {message:?}");
        }
        other => panic!("one thing was to be said: {other:#?}"),
    }
}

#[track_caller]
fn warns(pointer: &str, words: &str, change: impl FnOnce(&mut Value)) {
    only(Severity::Warning, pointer, words, change);
}

#[track_caller]
fn fine(change: impl FnOnce(&mut Value)) {
    assert_eq!(said(change), []);
}

#[test]
fn nothing_is_said_of_what_is_fine_and_lints_wait_for_errors() {
    fine(|_| {});
    only(Severity::Error, "/auth/acquire/method", "'PST' is none of", |service| {
        service["auth"]["acquire"]["method"] = "PST".into();
        service.as_object_mut().unwrap().remove("test");
    });
}

#[test]
fn parameters_are_used_and_secrets_are_called_so() {
    let parameter = |name: &str, kind: &str| json!({ "name": name, "type": kind, "title": "T", "help": "H" });
    warns("/parameters/2/name", "nothing uses the parameter 'scope'", |service| {
        push(service, "parameters", parameter("scope", "string"));
    });
    for name in ["clientSecret", "api_key", "accessToken2Token", "key"] {
        warns("/parameters/2/type", "sounds like a secret", |service| {
            push(service, "parameters", parameter(name, "string"));
            service["auth"]["acquire"]["form"]["more"] = format!("{{{name}}}").into();
        });
    }
    for name in ["apiKeyHeader", "publicKey", "tokenUrl", "keyId", "consumerKey"] {
        fine(|service| {
            push(service, "parameters", parameter(name, "string"));
            service["auth"]["acquire"]["form"]["more"] = format!("{{{name}}}").into();
        });
    }
    // In every place where a name can stand.
    for place in ["xml", "text"] {
        fine(|service| {
            service["auth"]["acquire"].as_object_mut().unwrap().remove("form");
            service["auth"]["acquire"][place] = "<a>{secret}</a>".into();
        });
    }
    fine(|service| {
        push(service, "parameters", parameter("host", "string"));
        push(service, "hosts", json!({ "named_by": "host" }));
    });
    fine(|service| {
        push(service, "parameters", parameter("id", "string"));
        service["auth"]["values"] =
            json!({ "pair": { "encode": { "of": "{id}:{secret}", "to": "base64" } } });
        service["auth"]["acquire"]["headers"] = json!({ "x-pair": "{pair}" });
    });
    only(Severity::Hint, "/parameters/1", "'secret' has no 'help'", |service| {
        service["parameters"][1].as_object_mut().unwrap().remove("help");
    });
}

#[test]
fn secret_in_a_url_is_told_unless_the_service_wants_it() {
    warns(
        "/auth/acquire/query",
        "the secret 'secret' stands in a URL, which servers and proxies write",
        |service| {
            service["auth"]["acquire"]["query"] = json!({ "s": "{secret}" });
        },
    );
    warns("/auth/acquire/url", "the secret 'secret'", |service| {
        service["auth"]["acquire"]["url"] = "https://api.acme.example/{secret}".into();
    });
    warns("/auth/revoke/query", "the secret 'accessToken'", |service| {
        let query = json!({ "t": "{accessToken}" });
        service["auth"]["revoke"] =
            json!({ "method": "POST", "url": "https://api.acme.example/", "query": query });
    });
    warns("/auth/acquire/query", "the secret 'pair'", |service| {
        service["auth"]["values"] = json!({ "pair": { "encode": { "of": "a:{secret}" } } });
        service["auth"]["acquire"]["query"] = json!({ "p": "{pair}" });
    });
    fine(|service| {
        service["auth"]["acquire"]["query"] = json!({ "s": "{secret}" });
        service["auth"]["acquire"]["secret_url"] = true.into();
    });
    // A hash tells nobody what it was made of.
    fine(|service| {
        service["auth"]["values"] = json!({ "code": { "hmac_sha256": { "of": "x", "key": "{secret}" } } });
        service["auth"]["acquire"]["query"] = json!({ "c": "{code}" });
    });
}

#[test]
fn hosts_are_no_wider_than_needed() {
    warns("/hosts/1", "'*.herokuapp.com' lets secrets go to hosts that anybody can have", |service| {
        push(service, "hosts", "*.herokuapp.com".into());
    });
    let closed = |service: &mut Value| {
        service["base_url"] = "https://api.acme.example/v1/{tenant}".into();
        service["auth"]["acquire"]["url"] = "https://login.acme.example/token".into();
    };
    warns("/hosts/0", "write 'login.acme.example', 'api.acme.example'", closed);
    warns("/hosts/0", "write 'api.acme.example', 'login.acme.example'", |service| {
        service["parameters"][0]["allowed"] =
            json!(["https://api.acme.example", "https://login.acme.example"]);
        service["base_url"] = "{tenant}".into();
        service["auth"]["acquire"]["url"] = "{tenant}/token".into();
    });
    fine(|service| {
        closed(service);
        service["auth"]["acquire"]["follow_redirects"] = true.into();
    });
    fine(|service| service["base_url"] = "{tenant}".into());
    fine(|service| service["hosts"] = json!(["*.acme.example", "other.example"]));
    fine(|service| {
        closed(service);
        service["auth"]["acquire"]["captures"] = json!({ "server": "/server" });
        service["base_url"] = "{server}/{tenant}".into();
    });
}

#[test]
fn life_of_a_token_is_complete() {
    warns("/auth/renew", "sends a refresh token that nothing provides", |service| {
        let renew = json!({ "method": "POST", "url": "https://api.acme.example/", "form": { "r": "{refreshToken}" } });
        service["auth"]["renew"] = renew;
    });
    warns("/auth/token", "'expiry' is missing: a token is used until the API refuses it", |service| {
        service["auth"]["token"] = json!({ "value": "/access_token" });
    });
    only(Severity::Hint, "/auth/token", "'expiry' is missing", |service| {
        service["auth"]["token"] = json!({ "value": "/session" });
    });
    only(Severity::Hint, "/auth", "'errors' is missing", |service| {
        service["auth"].as_object_mut().unwrap().remove("errors");
    });
    warns("", "'test' is missing: nobody can see", |service| {
        service.as_object_mut().unwrap().remove("test");
    });
    only(Severity::Hint, "", "'docs' is missing", |service| {
        service.as_object_mut().unwrap().remove("docs");
    });
    fine(|service| {
        service["auth"] = json!({
            "seed": { "access_token": "{secret}" },
            "apply": { "headers": { "x-key": "{accessToken}" } },
        });
    });
}

#[test]
fn values_captures_and_places_make_sense() {
    warns("/auth/values/nonce", "nothing uses the value 'nonce'", |service| {
        service["auth"]["values"] = json!({ "nonce": { "random": {} } });
    });
    warns("/auth/acquire/captures/session", "nothing uses the capture 'session'", |service| {
        service["auth"]["acquire"]["captures"] = json!({ "session": "/session" });
    });
    fine(|service| {
        service["auth"]["acquire"]["captures"] = json!({ "session": "/session" });
        service["auth"]["apply"]["cookies"] = json!({ "s": "{session}" });
    });
    fine(|service| {
        let first =
            json!({ "method": "GET", "url": "https://api.acme.example/", "captures": { "token": "/t" } });
        service["auth"]["acquire"] = json!([first, service["auth"]["acquire"]]);
        service["auth"]["token"]["value"] = json!({ "captured": "token" });
    });
    warns("/auth/token/expiry", "did you mean '/data/expires_in'?", |service| {
        service["auth"]["token"]["expiry"] = json!([{ "seconds": "/data.expires_in" }]);
    });
}
