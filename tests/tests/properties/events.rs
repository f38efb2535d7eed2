//! Everything that may come in.

use core::time::Duration;
use grantline_core::json::Json;
use grantline_core::{Error, Event, Granted, Secret, Snapshot, Step, Token, UnixTime};
use proptest::prelude::*;
use std::sync::Arc;

const TEN_YEARS: u64 = 10 * 366 * 86_400;

pub(crate) fn times() -> impl Strategy<Value = u64> {
    prop_oneof![0..=TEN_YEARS, 0..=600_u64, Just(0), Just(u64::MAX)]
}

/// What happens next: mostly an answer to the last step, sometimes anything.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    /// By how much the clock moves: mostly on, sometimes far, sometimes back.
    pub(crate) seconds: i64,
    pub(crate) entropy: [u8; 32],
    yes: bool,
    wild: bool,
    any: Event,
    response: Event,
    record: Event,
    rejects: bool,
}

impl Turn {
    pub(crate) fn answer(self, last: Option<&Result<Step<Granted>, Error>>) -> Event {
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
            Some(Ok(Step::Sign(_))) => Event::Signed("c2lnbmF0dXJl".to_owned()),
            Some(Ok(Step::Done { output: Granted::Token { token, .. } })) if self.rejects => {
                Event::Start { rejected: Some(token.clone()) }
            }
            _ => Event::START,
        }
    }
}

pub(crate) fn turn() -> impl Strategy<Value = Turn> {
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

pub(crate) fn message(members: Vec<(&str, Json)>) -> Event {
    let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
    Event::from_json(&Json::Object(members.collect())).unwrap()
}

/// An answer of a token endpoint, or none.
pub(crate) fn response() -> impl Strategy<Value = Event> {
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

pub(crate) fn fault() -> impl Strategy<Value = Event> {
    prop::sample::select(vec!["unreachable", "timeout", "lost", "too_large", "redirected", "store"])
        .prop_map(|fault| message(vec![("kind", "failed".into()), ("fault", fault.into())]))
}

/// What a store may hold; `KEY` stands for the key of the connection.
pub(crate) fn record() -> impl Strategy<Value = Event> {
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
pub(crate) fn event() -> impl Strategy<Value = Event> {
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

/// The records of the strategy know no key; they get that of the connection.
pub(crate) fn ours(event: Event, key: &str) -> Event {
    let Event::Loaded(Some(record)) = event else { return event };
    let text = serde_json::to_string(&*record).unwrap().replace("KEY", key);
    Event::Loaded(Some(Box::new(Snapshot::parse(&text).unwrap())))
}
