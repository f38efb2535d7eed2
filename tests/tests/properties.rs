//! Whatever comes in: lifetimes stay within their bounds, nothing panics, and every flow can begin again.

#![allow(clippy::unwrap_used, reason = "what a test cannot do stops it")]

use core::time::Duration;
use grantline_connectors as connectors;
use grantline_core::json::{Json, Pointer};
use grantline_core::manifest::Manifest;
use grantline_core::{
    Ambient, Call, Connector, Event, Flow, Grant, Granted, Options, Reading, Secret, Settings, Snapshot,
    Source, Step, Token, UnixTime,
};
use proptest::collection::vec;
use proptest::prelude::*;
use std::sync::Arc;

const TEN_YEARS: u64 = 10 * 366 * 86_400;

fn times() -> impl Strategy<Value = u64> {
    prop_oneof![0..=TEN_YEARS, 0..=600_u64, Just(0), Just(u64::MAX)]
}

fn settings() -> Vec<Arc<Settings>> {
    let make = |connector: Connector, values: &[(&str, &str)]| {
        Arc::new(connector.settings(values.iter().copied(), &Options::default()).unwrap())
    };
    let base = ("baseUrl", "https://acme.workspaceoneaccess.com");
    let client = [("clientId", "id"), ("clientSecret", "secret-secret")];
    vec![
        make(connectors::workspan(), &client),
        make(connectors::workspace_one_access(), &[base, client[0], client[1]]),
        make(connectors::workstream(), &client),
        make(connectors::workstream(), &[("token", "console-token")]),
        make(connectors::appspace(), &[("subjectId", "id"), ("refreshToken", "refresh-token")]),
        make(connectors::appspace(), &[("apiKey", "the-api-key"), ("apiKeyHeader", "X-Key")]),
    ]
}

/// Events that might happen, and some that cannot be.
fn event(key: String) -> impl Strategy<Value = Event> {
    let token = |value: String, at: u64, life: Option<u64>| {
        Token::new(
            Secret::from(value),
            UnixTime::from_secs(at),
            life.map(|life| UnixTime::from_secs(at.saturating_add(life))),
            Duration::from_secs(300),
            &[0; 32],
        )
    };
    let tokens = ("[a-c]", 0..2000_u64, proptest::option::of(times()))
        .prop_map(move |(v, at, life)| token(v, at, life));
    let bodies = prop_oneof![
        Just(String::new()),
        Just("<html>".to_owned()),
        ("[a-c]{0,2}", times()).prop_map(|(token, life)| format!(
            r#"{{"access_token":"{token}","accessToken":"{token}","token":"{token}","expires_in":{life},"expiresIn":"{life}","refresh_token":"{token}r","refreshToken":"{token}r","refreshTokenExpiresIn":{life}}}"#
        )),
        "[a-z_]{0,9}".prop_map(|code| format!(r#"{{"error":"{code}"}}"#)),
    ];
    let statuses =
        prop_oneof![Just(200), Just(302), Just(400), Just(401), Just(403), Just(429), Just(503), 0..1000_u16];
    let retry =
        prop_oneof![Just(String::new()), "[0-9]{1,25}", Just("Wed, 29 Sep 2021 07:38:47 GMT".to_owned())];
    let responses = (statuses, retry, bodies).prop_map(|(status, retry, body)| {
        let headers = Json::Object(vec![("retry-after".into(), retry.as_str().into())]);
        let message = vec![
            ("kind".into(), "response".into()),
            ("status".into(), Json::Int(status.into())),
            ("headers".into(), headers),
            ("body".into(), body.as_str().into()),
        ];
        Event::from_json(&Json::Object(message)).unwrap()
    });
    let faults =
        prop::sample::select(vec!["unreachable", "timeout", "lost", "too_large", "redirected", "store"])
            .prop_map(|fault| {
                let message = vec![("kind".into(), "failed".into()), ("fault".into(), fault.into())];
                Event::from_json(&Json::Object(message)).unwrap()
            });
    let records = (0..12_u64, "[a-c]", times(), any::<bool>(), any::<bool>()).prop_map(
        move |(revision, token, end, doubt, ours)| {
            let key = if ours { key.as_str() } else { "other" };
            let end = end.min(9_000_000_000_000);
            let text = format!(
                r#"{{"version":1,"key":"{key}","revision":{revision},"access":{{"value":"{token}","obtainedAt":0,"expiresAt":{end}}},"refresh":{{"value":"{token}r"}},"inDoubt":{doubt},"setback":{{"until":{end},"count":{end},"why":"in_doubt"}}}}"#
            );
            Event::Loaded(Some(Box::new(Snapshot::parse(&text).unwrap())))
        },
    );
    let shared = tokens.prop_map(Arc::new).boxed();
    prop_oneof![
        3 => proptest::option::of(shared.clone()).prop_map(|rejected| Event::Start { rejected }),
        1 => Just(Event::Revoke),
        6 => responses,
        2 => faults,
        2 => Just(Event::Woke),
        1 => shared.prop_map(Event::Token),
        2 => records,
        2 => Just(Event::Loaded(None)),
        3 => any::<bool>().prop_map(Event::Leased),
        3 => any::<bool>().prop_map(Event::Saved),
        2 => Just(Event::Released),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_token_is_renewed_within_its_life(
        at in 0..4_000_000_000_u64, life in times(), margin in times(), entropy in any::<[u8; 32]>()
    ) {
        let (at, margin) = (UnixTime::from_secs(at), Duration::from_secs(margin));
        let end = at.after(Duration::from_secs(life));
        let token = Token::new("t".into(), at, Some(end), margin, &entropy);
        let due = token.renew_at.unwrap();
        prop_assert!(at <= due && due <= end);
        let lead = end.since(due);
        let most = margin.min(end.since(at) / 2);
        prop_assert!(lead <= most, "{lead:?} before the end, at most {most:?}");
        // Spread over no more than half of it.
        prop_assert!(lead + Duration::from_millis(1) >= most / 2, "{lead:?} of {most:?}");
        prop_assert!(!token.is_alive(end) && (life == 0 || token.is_alive(at)));
    }

    #[test]
    fn any_events_leave_a_grant_that_can_start(
        which in 0..6_usize, shared: bool,
        events in Just(()).prop_flat_map(|()| vec((event("KEY".to_owned()), 0..4_000_000_u64, any::<[u8; 32]>()), 0..40))
    ) {
        let settings = settings().swap_remove(which);
        let mut grant = if shared { Grant::shared(settings.clone()) } else { Grant::new(settings.clone()) };
        let mut refused = None;
        for (event, seconds, entropy) in events {
            let ambient = Ambient::new(UnixTime::from_secs(seconds), entropy);
            let event = ours(event, settings.key());
            let before = grant.state();
            if let Event::Start { rejected } = &event {
                refused = rejected.as_ref().map(|token| token.value.clone());
            }
            let held = grant.snapshot();
            let outcome = grant.advance(event, &ambient);
            if matches!(outcome, Err(grantline_core::Error::Misuse { .. })) {
                prop_assert_eq!(grant.state(), before, "misuse changed the state");
                prop_assert_eq!(grant.snapshot(), held, "misuse changed what is held");
            }
            if let Ok(Step::Done { output: Granted::Token { token, source: Source::Held, .. } }) = &outcome {
                prop_assert!(token.is_alive(ambient.now), "a dead token was served");
                prop_assert!(refused.as_ref() != Some(&token.value), "the rejected token was served");
            }
            if let Reading::Fresh(token) | Reading::Due(token) = grant.read(ambient.now) {
                prop_assert!(token.is_alive(ambient.now));
            }
            // A snapshot of any moment can be read again.
            let text = serde_json::to_string(&grant.snapshot()).unwrap();
            prop_assert_eq!(Snapshot::parse(&text).unwrap(), grant.snapshot());
        }
        let outcome = grant.advance(Event::START, &Ambient::new(UnixTime::from_secs(9_000_000_000), [7; 32]));
        let misused = matches!(outcome, Err(grantline_core::Error::Misuse { .. }));
        prop_assert!(!misused);
    }

    #[test]
    fn any_events_leave_a_call_that_can_start(
        events in vec(event("KEY".to_owned()), 0..20), replayable: bool
    ) {
        let mut call = Call::new(settings().swap_remove(0), "GET", "/x", replayable).unwrap();
        let mut sent = 0;
        for event in events {
            sent = if matches!(event, Event::Start { .. }) { 0 } else { sent };
            sent += u32::from(matches!(call.advance(event, &Ambient::default()), Ok(Step::Send(_))));
            prop_assert!(sent <= 2, "one renewal and one retry for each start");
        }
        prop_assert_eq!(call.advance(Event::START, &Ambient::default()), Ok(Step::Authorize { rejected: None }));
    }

    #[test]
    fn no_text_panics(text in ".{0,60}", target in "[ -~]{0,40}") {
        let _ = Json::parse(&text).map(|json| Event::from_json(&json).is_ok());
        let _ = (Snapshot::parse(&text), Connector::from_json(&text), Pointer::parse(&text));
        let now = UnixTime::from_secs(1_632_901_122);
        let _ = (UnixTime::parse(&text), UnixTime::from_retry_after(&text, now), UnixTime::from_http_date(&target, now));
        let settings = settings().swap_remove(0);
        // A target that is taken leads to a host that the connector names.
        if let Ok(mut call) = Call::new(settings, "GET", &target, true) {
            call.advance(Event::START, &Ambient::default()).unwrap();
            let token = Arc::new(Token::new("t".into(), now, None, Duration::ZERO, &[0; 32]));
            if let Step::Send(request) = call.advance(Event::Token(token), &Ambient::default()).unwrap() {
                prop_assert!(request.url.starts_with("https://api.workspan.com/") || request.url.starts_with("https://api-sandbox.workspan.com/"), "{}", request.url);
            }
        }
    }

    #[test]
    fn no_number_panics_a_date(numbers in "[0-9]{1,20}-[0-9]{1,20}-[0-9]{1,20}T[0-9:]{1,20}Z") {
        if let Some(time) = UnixTime::parse(&numbers) {
            prop_assert!(UnixTime::parse(&time.to_string()) == Some(time));
        }
    }

    #[test]
    fn no_manifest_panics(place in any::<prop::sample::Index>(), value in junk(3)) {
        for (_, file) in connectors::FILES {
            let mut json = Json::parse(file).unwrap();
            let mut count = size(&json);
            let mut at = place.index(count);
            replace(&mut json, &mut at, &value);
            count = size(&json);
            prop_assert!(count > 0);
            let text = serde_json::to_string(&json).unwrap();
            // What is read can make settings, or says why not; nothing panics on the way.
            if let Ok(connector) = Connector::from_json(&text) {
                let values = [("baseUrl", "https://api.workspan.com"), ("clientId", "a"), ("clientSecret", "b")];
                let _ = connector.settings(values, &Options::default());
            }
            let _ = Event::from_json(&json);
            let _ = Snapshot::from_json(&json);
        }
    }

    #[test]
    fn no_template_panics(text in "[a{}_ é]{0,12}") {
        let manifest = Json::parse(connectors::FILES[0].1).unwrap();
        let manifest = serde_json::to_string(&manifest).unwrap().replace("client_credentials", &text);
        let lone = Manifest::parse(&manifest);
        // Doubled braces are text.
        if !text.contains(['{', '}']) {
            prop_assert!(lone.is_ok());
        }
    }
}

/// The records of the strategy know no key; they get that of the connection.
fn ours(event: Event, key: &str) -> Event {
    let Event::Loaded(Some(record)) = event else { return event };
    let text = serde_json::to_string(&*record).unwrap().replace("KEY", key);
    Event::Loaded(Some(Box::new(Snapshot::parse(&text).unwrap())))
}

fn junk(depth: u32) -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        any::<i64>().prop_map(Json::Int),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Json::Float),
        "[a-z{}/*. é]{0,12}".prop_map(Json::String),
    ];
    leaf.prop_recursive(depth, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Json::Array),
            prop::collection::btree_map("[a-z_]{1,6}", inner, 0..3)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

fn size(json: &Json) -> usize {
    let children: usize = match json {
        Json::Array(items) => items.iter().map(size).sum(),
        _ => json.members().iter().map(|(_, value)| size(value)).sum(),
    };
    1 + children
}

fn replace(json: &mut Json, at: &mut usize, value: &Json) {
    if *at == 0 {
        json.clone_from(value);
        *at = usize::MAX;
        return;
    }
    *at -= 1;
    let children: Vec<&mut Json> = match json {
        Json::Array(items) => items.iter_mut().collect(),
        Json::Object(members) => members.iter_mut().map(|(_, value)| value).collect(),
        _ => Vec::new(),
    };
    for child in children {
        if *at == usize::MAX {
            return;
        }
        replace(child, at, value);
    }
}
