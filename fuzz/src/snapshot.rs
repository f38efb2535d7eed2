//! Bytes as a record: what is read is written and read again as the same, and every connection that takes it can go on.
//!
//! `KEY` stands for the key of the connection.

use crate::world::{self, KEY};
use core::time::Duration;
use grantline_core::{Error, Event, Flow, Grant, Granted, Reading, Snapshot, Step, UnixTime};

/// Runs the target.
pub fn run(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    let Ok(record) = Snapshot::parse(text) else { return };
    round_trip(&record);
    let _ = (format!("{record:?}"), record.revision());
    for settings in world::connections() {
        let Ok(record) = Snapshot::parse(&text.replace(KEY, settings.key())) else { continue };
        for now in [0, 1_000_000, 1_632_901_122, 1 << 40].map(UnixTime::from_secs) {
            for (event, answer) in
                [(Event::START, 0), (Event::START, 1), (Event::Renew, 1), (Event::Revoke, 0)]
            {
                let mut grant = Grant::new(settings.clone());
                if grant.restore(record.clone()).is_err() {
                    return;
                }
                assert_eq!(grant.snapshot(), record);
                if let Reading::Fresh(token) | Reading::Due(token) = grant.read(now) {
                    assert!(token.is_alive(now), "a dead token is read");
                }
                go(&mut grant, event, now, answer);
                round_trip(&grant.snapshot());
            }
        }
    }
}

/// # Panics
/// A record is not read as it was written.
pub fn round_trip(record: &Snapshot) {
    let text = serde_json::to_string(record).expect("a record is JSON");
    assert_eq!(Snapshot::parse(&text).as_ref(), Ok(record), "{text}");
}

/// A flight whose requests fail, or are refused.
fn go(grant: &mut Grant, event: Event, now: UnixTime, answer: u8) {
    let (mut event, mut now) = (event, now);
    for turn in 0..40_u8 {
        event = match grant.advance(event, &world::ambient(now, turn)) {
            Ok(Step::Send(_)) if answer == 0 => {
                world::event(vec![("kind", "failed".into()), ("fault", "unreachable".into())])
                    .expect("an event")
            }
            Ok(Step::Send(_)) => world::event(vec![
                ("kind", "response".into()),
                ("status", grantline_core::json::Json::Int(400)),
            ])
            .expect("an event"),
            Ok(Step::Sleep { millis }) => {
                now = now.after(Duration::from_millis(millis));
                Event::Woke
            }
            Ok(Step::Done { output: Granted::Token { token, .. } }) => {
                return assert!(!token.value.expose().is_empty());
            }
            Ok(Step::Done { .. }) => return,
            Ok(step) => panic!("a grant without a store asks for nothing else: {step:?}"),
            Err(error) => {
                assert!(!matches!(error, Error::Misuse { .. }), "{error}");
                return assert!(!error.to_string().is_empty());
            }
        };
    }
    panic!("a flight does not end");
}
