//! Whatever comes in: lifetimes stay within their bounds, nothing panics, and every flow can begin again.

#![allow(clippy::unwrap_used, reason = "what a test cannot do stops it")]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use core::time::Duration;
use grantline_connectors as connectors;
use grantline_core::json::{Json, Pointer};
use grantline_core::manifest::Manifest;
use grantline_core::{
    Ambient, Call, Connector, Error, Event, Fault, FaultKind, Flow, Grant, Granted, Options, Purpose,
    Reading, Secret, Settings, Snapshot, Source, Step, Token, UnixTime,
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

/// What happens next: mostly an answer to the last step, sometimes anything.
#[derive(Clone, Debug)]
struct Turn {
    /// By how much the clock moves: mostly on, sometimes far, sometimes back.
    seconds: i64,
    entropy: [u8; 32],
    yes: bool,
    wild: bool,
    any: Event,
    response: Event,
    record: Event,
    rejects: bool,
}

impl Turn {
    fn answer(self, last: Option<&Result<Step<Granted>, Error>>) -> Event {
        if self.wild {
            return self.any;
        }
        match last {
            Some(Ok(Step::Send(_))) => self.response,
            Some(Ok(Step::Sleep { .. })) => Event::Woke,
            Some(Ok(Step::Load)) if self.yes => self.record,
            Some(Ok(Step::Load)) => Event::Loaded(None),
            Some(Ok(Step::Lease { .. })) => Event::Leased(self.yes),
            Some(Ok(Step::Save { .. })) => Event::Saved(self.yes),
            Some(Ok(Step::Release)) => Event::Released,
            Some(Ok(Step::Done { output: Granted::Token { token, .. } })) if self.rejects => {
                Event::Start { rejected: Some(token.clone()) }
            }
            _ => Event::START,
        }
    }
}

fn turn() -> impl Strategy<Value = Turn> {
    let flags = (prop::bool::weighted(0.7), prop::bool::weighted(0.08), any::<bool>());
    let clock = prop_oneof![20 => 0..400_i64, 1 => -100_000..100_000_i64];
    (clock, any::<[u8; 32]>(), flags, event(), response(), record()).prop_map(
        |(seconds, entropy, (yes, wild, rejects), any, response, record)| Turn {
            seconds,
            entropy,
            yes,
            wild,
            any,
            response,
            record,
            rejects,
        },
    )
}

fn message(members: Vec<(&str, Json)>) -> Event {
    let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
    Event::from_json(&Json::Object(members.collect())).unwrap()
}

/// An answer of a token endpoint, or none.
fn response() -> impl Strategy<Value = Event> {
    let tokens = ("[a-c]{0,1}", 0..4000_u64).prop_map(|(token, life)| {
        format!(
            r#"{{"access_token":"{token}","accessToken":"{token}","token":"{token}","expires_in":{life},"expiresIn":"{life}","refresh_token":"{token}r","refreshToken":"{token}r","refreshTokenExpiresIn":{life}}}"#
        )
    });
    let bodies = prop_oneof![
        1 => Just(String::new()),
        1 => Just("<html>".to_owned()),
        4 => tokens,
        1 => "[a-z_]{0,9}".prop_map(|code| format!(r#"{{"error":"{code}"}}"#)),
    ];
    let statuses = prop_oneof![
        6 => Just(200), 1 => Just(302), 2 => Just(400), 1 => Just(401), 1 => Just(403), 1 => Just(429), 1 => Just(503),
        1 => 0..1000_u16
    ];
    let retry =
        prop_oneof![Just(String::new()), "[0-9]{1,25}", Just("Wed, 29 Sep 2021 07:38:47 GMT".to_owned())];
    let answered = (statuses, retry, bodies).prop_map(|(status, retry, body)| {
        let headers = Json::Object(vec![("retry-after".into(), retry.as_str().into())]);
        let status = Json::Int(status.into());
        message(vec![
            ("kind", "response".into()),
            ("status", status),
            ("headers", headers),
            ("body", body.as_str().into()),
        ])
    });
    prop_oneof![4 => answered, 1 => fault()]
}

fn fault() -> impl Strategy<Value = Event> {
    prop::sample::select(vec!["unreachable", "timeout", "lost", "too_large", "redirected", "store"])
        .prop_map(|fault| message(vec![("kind", "failed".into()), ("fault", fault.into())]))
}

/// What a store may hold; `KEY` stands for the key of the connection.
fn record() -> impl Strategy<Value = Event> {
    let access = proptest::option::of(("[a-c]", 900_000_000..1_020_000_000_u64, 0..20_000_000_u64));
    let setback = proptest::option::of(0..1_100_000_000_u64);
    (0..30_u64, access, setback, any::<bool>(), any::<bool>(), prop::bool::weighted(0.9)).prop_map(
        |(revision, access, setback, doubt, seeded, ours)| {
            let key = if ours { "KEY" } else { "other" };
            let access = access.map_or(String::new(), |(token, at, life)| {
                format!(
                    r#""access":{{"value":"{token}","obtainedAt":{at},"expiresAt":{}}},"refresh":{{"value":"{token}r"}},"#,
                    at + life
                )
            });
            let setback = setback.map_or(String::new(), |until| {
                format!(r#""setback":{{"until":{until},"count":{until},"why":"in_doubt"}},"#)
            });
            let text = format!(
                r#"{{"version":1,"key":"{key}","revision":{revision},{access}{setback}"inDoubt":{doubt},"seeded":{seeded}}}"#
            );
            Event::Loaded(Some(Box::new(Snapshot::parse(&text).unwrap())))
        },
    )
}

/// Anything that an adapter could say at any time.
fn event() -> impl Strategy<Value = Event> {
    let tokens = ("[a-c]", 0..2_000_000_u64, proptest::option::of(times())).prop_map(|(value, at, life)| {
        let at = UnixTime::from_secs(at);
        let end = life.map(|life| at.after(Duration::from_secs(life)));
        Arc::new(Token::new(Secret::from(value), at, end, Duration::from_secs(300), &[0; 32]))
    });
    let tokens = tokens.boxed();
    prop_oneof![
        3 => proptest::option::of(tokens.clone()).prop_map(|rejected| Event::Start { rejected }),
        1 => Just(Event::Renew),
        1 => Just(Event::Revoke),
        3 => response(),
        1 => fault(),
        1 => Just(Event::Woke),
        1 => tokens.prop_map(Event::Token),
        1 => record(),
        1 => Just(Event::Loaded(None)),
        1 => any::<bool>().prop_map(Event::Leased),
        1 => any::<bool>().prop_map(Event::Saved),
        1 => Just(Event::Released),
    ]
}

fn moved(now: UnixTime, seconds: i64) -> UnixTime {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { now.before(distance) } else { now.after(distance) }
}

/// A clock that passes time and is wrong now and then, and a token whose server is gone.
fn wrong_clock() -> impl Strategy<Value = Vec<(u64, i64)>> {
    let day = 86_400_i64;
    let passes = prop_oneof![0..120_u64, 0..90_000_u64];
    let jumps = prop_oneof![4 => Just(0), 2 => -day..day, 1 => -15..15_i64, 1 => -400 * day..400 * day];
    vec((passes, jumps), 1..40)
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

    /// A token that tells when it was made lives as long here as there, however wrong the server's clock is; one that
    /// only tells its end is taken at its word.
    #[test]
    fn the_clock_of_a_server_does_not_shorten_a_life(
        life in times(), skew in -400_000_000..400_000_000_i64, told: bool, wait in 0..30_u64
    ) {
        let sent = UnixTime::from_secs(1_700_000_000);
        let mut grant = Grant::new(settings().swap_remove(0));
        grant.advance(Event::START, &Ambient::new(sent, [0; 32])).unwrap();
        let made = 1_700_000_000_u64.saturating_add_signed(skew);
        let end = made.saturating_add(life.min(i64::MAX as u64 / 2));
        let issued = if told { format!(r#""iat":{made},"#) } else { String::new() };
        let claims = URL_SAFE_NO_PAD.encode(format!(r#"{{{issued}"exp":{end}}}"#));
        let body = format!(r#"{{"access_token":"e30.{claims}.c2ln"}}"#);
        let answer = message(vec![("kind", "response".into()), ("status", Json::Int(200)), ("body", body.as_str().into())]);
        let now = sent.after(Duration::from_secs(wait));
        let Ok(Step::Done { output: Granted::Token { token, .. } }) = grant.advance(answer, &Ambient::new(now, [0; 32])) else {
            panic!("a token was expected");
        };
        let wanted = if told { sent.after(Duration::from_secs(end - made)) } else { UnixTime::from_secs(end) };
        prop_assert_eq!(token.expires_at, Some(wanted));
    }

    /// Whatever the clock does: a token that was found dead serves nobody again, and none serves for longer than it
    /// lives, but for the seconds by which a clock may go back unnoticed.
    #[test]
    fn no_clock_prolongs_a_token(
        which in 0..3_usize, life in prop_oneof![0..40_u64, 0..200_000_u64], steps in wrong_clock()
    ) {
        let mut grant = Grant::new(settings().swap_remove(which));
        let mut wall = UnixTime::from_secs(1_700_000_000);
        grant.advance(Event::START, &Ambient::new(wall, [0; 32])).unwrap();
        let body = format!(r#"{{"access_token":"t","token":"t","expires_in":{life}}}"#);
        let answer = message(vec![("kind", "response".into()), ("status", Json::Int(200)), ("body", body.as_str().into())]);
        grant.advance(answer, &Ambient::new(wall, [0; 32])).unwrap();
        let (mut passed, mut unnoticed, mut dead) = (0, 0, false);
        for (seconds, jump) in steps {
            // Time passes, is seen, and then the clock is set.
            for (real, shift) in [(seconds, 0), (0, jump)] {
                passed += real;
                unnoticed += if shift < 0 { 10 } else { 0 };
                wall = moved(wall, i64::try_from(real).unwrap() + shift);
                let ambient = Ambient::new(wall, [0; 32]);
                let seen = !matches!(grant.read(wall), Reading::Stale);
                let mut outcome = grant.advance(Event::START, &ambient);
                let served = matches!(outcome, Ok(Step::Done { .. }));
                while matches!(outcome, Ok(Step::Send(_) | Step::Sleep { .. })) {
                    let lost = Event::Failed(Fault::new(FaultKind::Unreachable, ""));
                    let event = if matches!(outcome, Ok(Step::Send(_))) { lost } else { Event::Woke };
                    outcome = grant.advance(event, &ambient);
                }
                let served = served || matches!(outcome, Ok(Step::Done { .. }));
                prop_assert!(!(dead && (seen || served)), "a dead token serves again");
                prop_assert!(!served || passed <= life + unnoticed, "{passed} s of {life}");
                prop_assert!(seen || !served, "what no reader would take was handed out");
                dead |= !served;
            }
        }
    }

    #[test]
    fn any_events_leave_a_grant_that_can_start(
        which in 0..6_usize, shared: bool, turns in vec(turn(), 0..60)
    ) {
        let settings = settings().swap_remove(which);
        let mut grant = if shared { Grant::shared(settings.clone()) } else { Grant::new(settings.clone()) };
        let (mut refused, mut last, mut now) = (None, None, UnixTime::from_secs(1_000_000));
        let mut sent = 0;
        // Renewals that were sent and whose answer is lost; only where they must not be sent twice.
        let single_use = !shared && (which == 1 || which == 2);
        let (mut pending, mut spent) = (None, None);
        for turn in turns {
            now = moved(now, turn.seconds);
            let ambient = Ambient::new(now, turn.entropy);
            let event = ours(turn.answer(last.as_ref()), settings.key());
            let before = (grant.state(), grant.snapshot());
            match &event {
                Event::Start { rejected } => refused = rejected.as_ref().map(|token| token.value.clone()),
                // Someone else, who has refused nothing.
                Event::Renew => refused = None,
                _ => {}
            }
            if matches!(event, Event::Start { .. } | Event::Renew | Event::Revoke) {
                sent = 0;
            }
            // Answered, or never sent. A hidden redirect is an answer.
            let answered = match &event {
                Event::Response(_) => true,
                Event::Failed(fault) => {
                    matches!(fault.kind, FaultKind::Unreachable | FaultKind::Store | FaultKind::Redirected)
                }
                _ => false,
            };
            let outcome = grant.advance(event, &ambient);
            let misused = matches!(outcome, Err(Error::Misuse { .. }));
            if !misused {
                spent = pending.take().filter(|_| !answered).or(spent);
            }
            match &outcome {
                Ok(Step::Send(request)) if request.purpose == Purpose::Renew && single_use => {
                    pending = Some((request.url.clone(), request.body.clone()));
                    prop_assert!(pending != spent, "a renewal that may have been carried out was sent again");
                }
                Ok(Step::Done { output: Granted::Token { source: Source::Acquired | Source::Renewed, .. } }) => {
                    spent = None;
                }
                _ => {}
            }
            prop_assert!(!misused || before == (grant.state(), grant.snapshot()), "misuse changed something");
            sent += u32::from(matches!(outcome, Ok(Step::Send(_))));
            prop_assert!(sent <= 12, "a flight sends for ever");
            if let Ok(Step::Done { output: Granted::Token { token, source: Source::Held, .. } }) = &outcome {
                // Only a slow store can let it die after the decision.
                let stored = matches!(last, Some(Ok(Step::Save { .. } | Step::Release)));
                prop_assert!(stored || token.is_alive(now), "a dead token was served");
                prop_assert!(refused.as_ref() != Some(&token.value), "the rejected token was served");
            }
            if let Reading::Fresh(token) | Reading::Due(token) = grant.read(now) {
                prop_assert!(token.is_alive(now));
            }
            // A snapshot of any moment can be read again.
            let text = serde_json::to_string(&grant.snapshot()).unwrap();
            prop_assert_eq!(Snapshot::parse(&text).unwrap(), grant.snapshot());
            last = if misused { last } else { Some(outcome) };
        }
        let outcome = grant.advance(Event::START, &Ambient::new(now, [7; 32]));
        let misused = matches!(outcome, Err(Error::Misuse { .. }));
        prop_assert!(!misused);
    }

    #[test]
    fn any_events_leave_a_call_that_can_start(
        events in vec(event(), 0..20), replayable: bool
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
