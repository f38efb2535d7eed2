//! The whole state x event table of both machines, compared with `transitions.txt`.
//!
//! Every state is reached by scripted events; then every event is tried in it. An event whose meaning depends on
//! what it carries stands there once for each meaning.

#![allow(clippy::unwrap_used, reason = "what a test cannot do stops it")]

use conformance::compare;
use core::fmt::Write;
use core::time::Duration;
use grantline_connectors as connectors;
use grantline_core::json::Json;
use grantline_core::{
    Ambient, Call, Connector, Error, Event, Flow, Grant, Options, Settings, Step, UnixTime,
};
use std::sync::Arc;

const NOW: UnixTime = UnixTime::from_millis(1_632_901_122_000);
const AMBIENT: Ambient = Ambient::new(NOW, [0; 32]);
/// An event after which a lease that was given at `NOW` has almost ended.
const LATER: &str = "half a minute later, ";
/// One after which it is over.
const LATE: &str = "two minutes later, ";

/// Every event, by a name and its message form; `{token}` and `{record}` are filled in.
const EVENTS: [(&str, &str); 24] = [
    ("start", r#"{"kind":"start"}"#),
    ("start, token rejected", r#"{"kind":"start","rejected":{token}}"#),
    ("renew", r#"{"kind":"renew"}"#),
    ("revoke", r#"{"kind":"revoke"}"#),
    (
        "response 200, token",
        r#"{"kind":"response","status":200,"body":"{\"access_token\":\"t2\",\"expires_in\":60}"}"#,
    ),
    ("response 200, page", r#"{"kind":"response","status":200,"body":"<html>"}"#),
    ("response 302", r#"{"kind":"response","status":302}"#),
    ("response 400", r#"{"kind":"response","status":400,"body":"{\"error\":\"invalid_grant\"}"}"#),
    ("response 401", r#"{"kind":"response","status":401}"#),
    ("response 503", r#"{"kind":"response","status":503}"#),
    ("failed, unreachable", r#"{"kind":"failed","fault":"unreachable"}"#),
    ("failed, timeout", r#"{"kind":"failed","fault":"timeout"}"#),
    ("failed, too large", r#"{"kind":"failed","fault":"too_large"}"#),
    ("failed, store", r#"{"kind":"failed","fault":"store"}"#),
    ("woke", r#"{"kind":"woke"}"#),
    ("token", r#"{"kind":"token","token":{token}}"#),
    ("loaded, nothing", r#"{"kind":"loaded"}"#),
    ("loaded, living token", r#"{"kind":"loaded","record":{record}}"#),
    ("leased, yes", r#"{"kind":"leased","granted":true}"#),
    ("leased, no", r#"{"kind":"leased","granted":false}"#),
    ("saved, yes", r#"{"kind":"saved","written":true}"#),
    ("saved, no", r#"{"kind":"saved","written":false}"#),
    ("signed", r#"{"kind":"signed","signature":"c2ln"}"#),
    ("failed, signing", r#"{"kind":"failed","fault":"signing"}"#),
];
const RELEASED: (&str, &str) = ("released", r#"{"kind":"released"}"#);

/// The events that lead from `idle` to each state of a shared grant with a refresh token that is used once.
const GRANT_STATES: [(&str, &[&str]); 12] = [
    ("idle", &[]),
    ("loading", &["start"]),
    ("leasing", &["start", "loaded, nothing"]),
    ("queueing", &["start", "loaded, nothing", "leased, no"]),
    ("marking", &["start", "loaded, nothing", "leased, yes", "loaded, nothing"]),
    (
        "unmarking",
        &["start", "loaded, nothing", "leased, yes", "loaded, nothing", "two minutes later, saved, yes"],
    ),
    ("exchanging", &["start", "loaded, nothing", "leased, yes", "loaded, nothing", "saved, yes"]),
    (
        "pausing",
        &["start", "loaded, nothing", "leased, yes", "loaded, nothing", "saved, yes", "response 503"],
    ),
    ("yielding", &["start", "loaded, nothing", "leased, yes", "half a minute later, loaded, nothing"]),
    (
        "storing",
        &["start", "loaded, nothing", "leased, yes", "loaded, nothing", "saved, yes", "response 200, token"],
    ),
    (
        "merging",
        &[
            "start",
            "loaded, nothing",
            "leased, yes",
            "loaded, nothing",
            "saved, yes",
            "response 200, token",
            "saved, no",
        ],
    ),
    (
        "releasing",
        &[
            "start",
            "loaded, nothing",
            "leased, yes",
            "loaded, nothing",
            "saved, yes",
            "response 200, token",
            "saved, yes",
        ],
    ),
];

const SIGNED_STATES: [(&str, &[&str]); 3] = [
    ("exchanging, first request", &["start"]),
    ("signing", &["start", "response 200, token"]),
    ("exchanging, second request", &["start", "response 200, token", "signed"]),
];

const CALL_STATES: [(&str, &[&str]); 4] = [
    ("idle", &[]),
    ("authorizing", &["start"]),
    ("sending", &["start", "token"]),
    ("sending, second try", &["start", "token", "response 401", "token"]),
];

#[test]
fn the_table_of_both_machines_is_as_committed() {
    let mut table = String::from(
        "Every state x every event, and what follows: the step or the error, and the next state.\n\
         Written by the test `transitions`; GRANTLINE_BLESS=1 rewrites it.\n",
    );
    let settings = settings();
    for (title, grant) in [("kept in a store", true), ("alone", false)] {
        writeln!(table, "\nGrant, {title}, with a refresh token that may be used once").unwrap();
        for (state, path) in GRANT_STATES {
            if !grant && !["idle", "exchanging", "pausing"].contains(&state) {
                continue;
            }
            // Alone there is no store to ask.
            let path: Vec<&str> =
                path.iter().copied().filter(|event| grant || !event.contains("ed, ")).collect();
            grant_section(&mut table, state, &path, &settings, grant);
        }
    }
    writeln!(table, "\nGrant, alone, with two requests that lead to a token, the second one signed").unwrap();
    for (state, path) in SIGNED_STATES {
        grant_section(&mut table, state, path, &signed(), false);
    }
    writeln!(table, "\nCall, with a body that can be sent twice").unwrap();
    for (state, path) in CALL_STATES {
        section(&mut table, state, &settings, |last| {
            let mut machine = Call::new(settings.clone(), "GET", "/v1/things", true).unwrap();
            for name in path {
                machine.advance(event(name, &settings), &AMBIENT).unwrap();
            }
            assert_eq!(Some(machine.state()), state.split(',').next());
            let outcome = machine.advance(last, &AMBIENT);
            (describe(&outcome), machine.state())
        });
    }
    compare("transitions.txt", &table);
}

fn grant_section(table: &mut String, state: &str, path: &[&str], settings: &Arc<Settings>, shared: bool) {
    section(table, state, settings, |event| {
        let mut machine = if shared { Grant::shared(settings.clone()) } else { Grant::new(settings.clone()) };
        let mut ambient = AMBIENT;
        for name in path {
            ambient = at(name);
            machine.advance(self::event(name, settings), &ambient).unwrap();
        }
        assert_eq!(Some(machine.state()), state.split(',').next());
        let outcome = machine.advance(event, &ambient);
        (describe(&outcome), machine.state())
    });
}

fn section(
    table: &mut String,
    state: &str,
    settings: &Arc<Settings>,
    mut run: impl FnMut(Event) -> (String, &'static str),
) {
    writeln!(table, "\n  {state}").unwrap();
    for (name, _) in EVENTS.iter().chain([&RELEASED]) {
        let (step, next) = run(event(name, settings));
        writeln!(table, "    {name:<24}{step:<28}{next}").unwrap();
    }
}

fn describe<T>(outcome: &Result<Step<T>, Error>) -> String {
    match outcome {
        Ok(Step::Send(request)) => format!("send {:?}", request.purpose).to_lowercase(),
        Ok(Step::Sleep { .. }) => "sleep".to_owned(),
        Ok(Step::Authorize { rejected }) => {
            format!("authorize{}", if rejected.is_some() { ", rejected" } else { "" })
        }
        Ok(Step::Load) => "load".to_owned(),
        Ok(Step::Lease { .. }) => "lease".to_owned(),
        Ok(Step::Save { .. }) => "save".to_owned(),
        Ok(Step::Release) => "release".to_owned(),
        Ok(Step::Sign(_)) => "sign".to_owned(),
        Ok(Step::Done { .. }) => "done".to_owned(),
        Err(error) => format!("error {}", error.code()),
    }
}

fn at(name: &str) -> Ambient {
    let seconds = [(LATER, 30), (LATE, 120)].into_iter().find(|(lead, _)| name.starts_with(lead));
    Ambient { now: NOW.after(Duration::from_secs(seconds.map_or(0, |(_, seconds)| seconds))), ..AMBIENT }
}

fn event(name: &str, settings: &Settings) -> Event {
    let name = name.trim_start_matches(LATER).trim_start_matches(LATE);
    let (_, text) = EVENTS.iter().chain([&RELEASED]).find(|(known, _)| *known == name).unwrap();
    let token =
        format!(r#"{{"value":"t1","obtainedAt":{0},"expiresAt":{1},"renewAt":{1}}}"#, 0, u64::MAX / 2);
    let record = format!(r#"{{"version":1,"key":"{}","revision":9,"access":{token}}}"#, settings.key());
    let text = text.replace("{token}", &token).replace("{record}", &record);
    Event::from_json(&Json::parse(&text).unwrap()).unwrap()
}

/// Workspace ONE Access has a first grant and a single-use refresh token; here the person brings the first one, so
/// that a renewal is the first exchange.
fn settings() -> Arc<Settings> {
    let file = connectors::FILES.iter().find(|(id, _)| *id == "workspace-one-access").unwrap().1;
    let file =
        file.replacen(r#""auth": {"#, r#""auth": { "seed": { "refresh_token": "{clientSecret}" },"#, 1);
    let values = [
        ("baseUrl", "https://acme.workspaceoneaccess.com"),
        ("clientId", "client"),
        ("clientSecret", "first-refresh-token"),
    ];
    Arc::new(Connector::from_json(&file).unwrap().settings(values, &Options::default()).unwrap())
}

/// A first request whose answer is needed for the second one, which carries a signed assertion.
fn signed() -> Arc<Settings> {
    let file = r#"{
        "id": "signed", "title": "Signed", "base_url": "https://api.example.com", "hosts": ["api.example.com"],
        "parameters": [{ "name": "key", "type": "securestring", "title": "Key" }],
        "auth": {
            "values": { "assertion": { "jwt": { "algorithm": "RS256", "key": "{key}", "claims": { "nonce": "{nonce}" } } } },
            "acquire": [
                { "method": "GET", "url": "https://api.example.com/nonce", "captures": { "nonce": "/access_token" } },
                { "method": "POST", "url": "https://api.example.com/token", "form": { "assertion": "{assertion}" } }
            ],
            "token": { "value": "/access_token", "expiry": [{ "seconds": "/expires_in" }] },
            "apply": { "headers": { "authorization": "Bearer {accessToken}" } }
        }
    }"#;
    let key = "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----";
    Arc::new(Connector::from_json(file).unwrap().settings([("key", key)], &Options::default()).unwrap())
}
