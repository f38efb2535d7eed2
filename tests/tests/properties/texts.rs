//! Any text, and any value in the place of another.

use crate::settings;
use core::time::Duration;
use grantline_connectors as connectors;
use grantline_core::json::{Json, Pointer};
use grantline_core::manifest::Manifest;
use grantline_core::{Ambient, Call, Connector, Event, Flow, Options, Snapshot, Step, Token, UnixTime};
use proptest::collection::vec;
use proptest::prelude::*;
use std::sync::Arc;

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

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
