//! What a caller learns from a grant without running it: whether a token serves, and when a person must act.

#![allow(clippy::unwrap_used, reason = "what a test cannot do stops it")]

use core::time::Duration;
use grantline_connectors as connectors;
use grantline_core::{
    Ambient, Connector, Event, Flow, Grant, Options, Reading, Reconnect, Snapshot, UnixTime,
};
use std::sync::Arc;

const DAY: Duration = Duration::from_secs(86_400);

fn grant(connector: &Connector, values: &[(&str, &str)]) -> Grant {
    Grant::new(Arc::new(connector.settings(values.iter().copied(), &Options::default()).unwrap()))
}

fn time(text: &str) -> UnixTime {
    UnixTime::parse(text).unwrap()
}

fn held(grant: &Grant, rest: &str) -> Snapshot {
    let key = grant.settings().key();
    Snapshot::parse(&format!(r#"{{"version":1,"key":"{key}","revision":1,{rest}}}"#)).unwrap()
}

#[test]
fn console_token_of_workstream_warns_a_day_before_its_end() {
    let values = [("token", "console-token"), ("issuedAt", "2021-09-29")];
    let mut grant = grant(&connectors::workstream(), &values);
    let (at, warn_at) = (time("2021-10-06"), time("2021-10-05"));
    assert_eq!(grant.reconnect(), Some(Reconnect { at, warn_at }), "the date is enough to know");
    grant.advance(Event::START, &Ambient::new(time("2021-09-30"), [0; 32])).unwrap();
    assert_eq!(grant.reconnect(), Some(Reconnect { at, warn_at }));
    // Without the date, nothing is known before the first use.
    assert_eq!(self::grant(&connectors::workstream(), &values[..1]).reconnect(), None);
    // A token that cannot be renewed is never due: it serves, then it does not.
    assert!(matches!(grant.read(at.before(Duration::from_millis(1))), Reading::Fresh(_)));
    assert_eq!(grant.read(at), Reading::Stale);
}

#[test]
fn refresh_token_of_appspace_says_when_a_person_must_act() {
    let values = [("subjectId", "id"), ("refreshToken", "refresh-token")];
    let mut grant = grant(&connectors::appspace(), &values);
    let now = time("2021-09-29");
    let end = now.after(DAY * 365);
    grant
        .restore(held(&grant, &format!(r#""refresh":{{"value":"r","expiresAt":{}}}"#, end.as_millis())))
        .unwrap();
    assert_eq!(grant.reconnect(), Some(Reconnect { at: end, warn_at: end.before(DAY) }));
}

#[test]
fn client_credentials_never_need_a_person() {
    let values = [("clientId", "id"), ("clientSecret", "secret")];
    let mut grant = grant(&connectors::workspan(), &values);
    grant.restore(held(&grant, r#""access":{"value":"t","obtainedAt":0,"expiresAt":1000}"#)).unwrap();
    assert_eq!(grant.reconnect(), None);
}

#[test]
fn a_token_is_fresh_then_due_then_stale() {
    let values = [("clientId", "id"), ("clientSecret", "secret")];
    let mut grant = grant(&connectors::workspan(), &values);
    assert_eq!(grant.read(UnixTime::default()), Reading::Stale);
    let access = r#""access":{"value":"t","obtainedAt":0,"expiresAt":60000,"renewAt":30000}"#;
    grant.restore(held(&grant, access)).unwrap();
    let at = UnixTime::from_millis;
    assert!(matches!(grant.read(at(29_999)), Reading::Fresh(_)));
    assert!(matches!(grant.read(at(30_000)), Reading::Due(_)) && grant.fresh(at(30_000)).is_none());
    assert_eq!(grant.read(at(60_000)), Reading::Stale);
    // While a failed renewal rests, the token is not due for anybody.
    let setback = r#","setback":{"until":40000,"count":1,"why":"exhausted","denial":{"status":503}}"#;
    grant.restore(held(&grant, &format!("{access}{setback}"))).unwrap();
    assert!(matches!(grant.read(at(30_000)), Reading::Fresh(_)));
    assert!(matches!(grant.read(at(40_000)), Reading::Due(_)));
}

#[test]
fn a_clock_that_jumps_back_revives_nothing_that_was_replaced() {
    let values = [("clientId", "id"), ("clientSecret", "secret")];
    let mut grant = grant(&connectors::workspan(), &values);
    grant
        .restore(held(&grant, r#""access":{"value":"t","obtainedAt":0,"expiresAt":60000,"renewAt":30000}"#))
        .unwrap();
    grant.advance(Event::Revoke, &Ambient::new(UnixTime::from_millis(50_000), [0; 32])).unwrap();
    let answer = grantline_core::Response::new(200, Default::default(), b"");
    grant.advance(Event::Response(answer), &Ambient::new(UnixTime::from_millis(50_100), [0; 32])).unwrap();
    assert_eq!(grant.read(UnixTime::from_millis(1000)), Reading::Stale);
}
