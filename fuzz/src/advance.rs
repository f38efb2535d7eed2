//! Bytes as events: the machines keep their promises whatever an adapter says, in whatever order.
//!
//! The first byte names the connection, the second the machine (`g` a grant, `s` one with a store, `c` a call, `r` a
//! call whose body cannot be sent again). If the third is a line break, lines of events in their message form follow,
//! each after the seconds that pass; `KEY` stands for the key of the connection. Otherwise the bytes choose events,
//! most of them answers to the last step.

use crate::known;
use crate::snapshot::round_trip;
use crate::world::{self, KEY};
use arbitrary::{Result, Unstructured};
use core::time::Duration;
use grantline_core::json::Json;
use grantline_core::{
    Call, Error, Event, FaultKind, Flow, Grant, Granted, Purpose, Reading, Secret, Snapshot, Source, Step,
    Token, UnixTime,
};
use std::sync::Arc;

/// Runs the target.
pub fn run(data: &[u8]) {
    let [which, machine, rest @ ..] = data else { return };
    let key = world::connection(*which).key();
    let mut events = match rest.strip_prefix(b"\n") {
        Some(text) => match core::str::from_utf8(text) {
            Ok(text) => Events::Lines(text.lines()),
            Err(_) => return,
        },
        None => Events::Bytes(Unstructured::new(rest)),
    };
    match machine {
        b'c' | b'r' => call(*which, *machine == b'c', &mut events),
        _ => {
            let mut watch = Watch::new(*which, *machine == b's');
            while let Some((seconds, event)) = events.next(watch.last.as_ref(), key) {
                watch.turn(seconds, event);
            }
            watch.end();
        }
    }
}

/// Where events come from.
enum Events<'a> {
    Lines(core::str::Lines<'a>),
    Bytes(Unstructured<'a>),
}

impl Events<'_> {
    fn next(&mut self, last: Option<&Outcome>, key: &str) -> Option<(i64, Event)> {
        match self {
            // A line that is no event is passed over.
            Self::Lines(lines) => lines.find_map(|line| {
                let (seconds, text) = line.split_once(' ')?;
                let json = Json::parse(&text.replace(KEY, key)).ok()?;
                Some((seconds.parse().ok()?, Event::from_json(&json).ok()?))
            }),
            Self::Bytes(bytes) if bytes.is_empty() => None,
            Self::Bytes(bytes) => next(bytes, last, key).ok(),
        }
    }
}

type Outcome = core::result::Result<Step<Granted>, Error>;

fn next(bytes: &mut Unstructured<'_>, last: Option<&Outcome>, key: &str) -> Result<(i64, Event)> {
    // Mostly on, sometimes far, sometimes back.
    let seconds = if bytes.ratio(1_u8, 20)? {
        bytes.int_in_range(-100_000..=100_000)?
    } else {
        bytes.int_in_range(0..=400)?
    };
    if bytes.ratio(1_u8, 12)? {
        return Ok((seconds, any(bytes, key)?));
    }
    let event = match last {
        Some(Ok(Step::Send(_))) => response(bytes)?,
        Some(Ok(Step::Sleep { .. })) => Event::Woke,
        Some(Ok(Step::Load)) if bytes.arbitrary()? => record(bytes, key)?,
        Some(Ok(Step::Load)) => Event::Loaded(None),
        Some(Ok(Step::Lease { .. })) => Event::Leased(bytes.arbitrary()?),
        Some(Ok(Step::Save { .. })) => Event::Saved(bytes.arbitrary()?),
        Some(Ok(Step::Release)) => Event::Released,
        Some(Ok(Step::Done { output: Granted::Token { token, .. } })) if bytes.arbitrary()? => {
            Event::Start { rejected: Some(token.clone()) }
        }
        _ => Event::START,
    };
    Ok((seconds, event))
}

fn any(bytes: &mut Unstructured<'_>, key: &str) -> Result<Event> {
    Ok(match bytes.int_in_range(0..=12)? {
        0 => Event::START,
        1 => Event::Start { rejected: Some(token(bytes)?) },
        2 => Event::Revoke,
        11 => Event::Renew,
        3 => response(bytes)?,
        4 => fault(bytes)?,
        5 => Event::Woke,
        6 => Event::Token(token(bytes)?),
        7 => record(bytes, key)?,
        8 => Event::Loaded(None),
        9 => Event::Leased(bytes.arbitrary()?),
        10 => Event::Saved(bytes.arbitrary()?),
        _ => Event::Released,
    })
}

fn word(bytes: &mut Unstructured<'_>) -> Result<&'static str> {
    Ok(*bytes.choose(&["a", "b", "c"])?)
}

fn token(bytes: &mut Unstructured<'_>) -> Result<Arc<Token>> {
    let at = UnixTime::from_secs(bytes.int_in_range(0..=2_000_000)?);
    let end = bytes.arbitrary::<Option<u32>>()?.map(|life| at.after(Duration::from_secs(life.into())));
    Ok(Arc::new(Token::new(Secret::from(word(bytes)?), at, end, Duration::from_secs(300), &[0; 32])))
}

fn response(bytes: &mut Unstructured<'_>) -> Result<Event> {
    if bytes.ratio(1_u8, 5)? {
        return fault(bytes);
    }
    let status = *bytes.choose(&[200, 200, 200, 200, 302, 400, 401, 403, 429, 500, 502, 503, 0, 999])?;
    let retry =
        *bytes.choose(&["", "", "0", "7", "99999999999999999999", "Wed, 29 Sep 2021 07:38:47 GMT"])?;
    let body = match bytes.int_in_range(0..=6)? {
        0 => String::new(),
        1 => "<html>".to_owned(),
        2 => format!(r#"{{"error":"{}"}}"#, bytes.choose(&["invalid_grant", "invalid_client", "x", ""])?),
        _ => {
            let (token, life) = (word(bytes)?, bytes.int_in_range(0..=4000)?);
            format!(
                r#"{{"access_token":"{token}","accessToken":"{token}","token":"{token}","expires_in":{life},"expiresIn":"{life}","refresh_token":"{token}r","refreshToken":"{token}r","refreshTokenExpiresIn":{life}}}"#
            )
        }
    };
    let headers = Json::Object(vec![("retry-after".to_owned(), retry.into())]);
    let members = vec![
        ("kind", "response".into()),
        ("status", Json::Int(status)),
        ("headers", headers),
        ("body", body.as_str().into()),
    ];
    world::event(members).ok_or(arbitrary::Error::IncorrectFormat)
}

fn fault(bytes: &mut Unstructured<'_>) -> Result<Event> {
    let fault = *bytes.choose(&["unreachable", "timeout", "lost", "too_large", "redirected", "store"])?;
    world::event(vec![("kind", "failed".into()), ("fault", fault.into())])
        .ok_or(arbitrary::Error::IncorrectFormat)
}

/// What a store may hold.
fn record(bytes: &mut Unstructured<'_>, key: &str) -> Result<Event> {
    let key = if bytes.ratio(1_u8, 10)? { "other" } else { key };
    let access = if bytes.arbitrary()? {
        let (token, at) = (word(bytes)?, bytes.int_in_range(900_000_000..=1_020_000_000_u64)?);
        let end = at + bytes.int_in_range(0..=20_000_000_u64)?;
        format!(
            r#""access":{{"value":"{token}","obtainedAt":{at},"expiresAt":{end}}},"refresh":{{"value":"{token}r"}},"#
        )
    } else {
        String::new()
    };
    let setback = if bytes.ratio(1_u8, 3)? {
        let until = bytes.int_in_range(0..=1_100_000_000_u64)?;
        format!(r#""setback":{{"until":{until},"count":{},"why":"in_doubt"}},"#, bytes.arbitrary::<u64>()?)
    } else {
        String::new()
    };
    let (revision, doubt, seeded) =
        (bytes.arbitrary::<u8>()?, bytes.arbitrary::<bool>()?, bytes.arbitrary::<bool>()?);
    let text = format!(
        r#"{{"version":1,"key":"{key}","revision":{revision},{access}{setback}"inDoubt":{doubt},"seeded":{seeded}}}"#
    );
    Ok(Event::Loaded(Some(Box::new(Snapshot::parse(&text).map_err(|_| arbitrary::Error::IncorrectFormat)?))))
}

/// A grant, and what must hold of it.
struct Watch {
    grant: Grant,
    /// What it held after the last event.
    record: Snapshot,
    now: UnixTime,
    last: Option<Outcome>,
    refused: Option<Secret>,
    sent: u32,
    /// Renewals whose answer is lost; only where they must not be sent twice.
    single_use: bool,
    pending: Option<(String, Option<String>)>,
    spent: Option<(String, Option<String>)>,
}

impl Watch {
    fn new(which: u8, shared: bool) -> Self {
        let settings = world::connection(which).clone();
        let grant = if shared { Grant::shared(settings) } else { Grant::new(settings) };
        Self {
            record: grant.snapshot(),
            grant,
            now: UnixTime::from_secs(1_000_000),
            last: None,
            refused: None,
            sent: 0,
            single_use: !shared && world::is_single_use(which),
            pending: None,
            spent: None,
        }
    }

    fn turn(&mut self, seconds: i64, event: Event) {
        self.now = moved(self.now, seconds);
        let state = self.grant.state();
        match &event {
            Event::Start { rejected } => self.refused = rejected.as_ref().map(|token| token.value.clone()),
            // Someone else, who has refused nothing.
            Event::Renew => self.refused = None,
            _ => {}
        }
        if matches!(event, Event::Start { .. } | Event::Renew | Event::Revoke) {
            self.sent = 0;
        }
        let answered = is_answer(&event);
        let outcome = self.grant.advance(event, &world::ambient(self.now, seconds.to_le_bytes()[0]));
        let _ = (
            format!("{outcome:?}"),
            serde_json::to_string(&grantline_core::message(&outcome)).expect("JSON"),
        );
        if matches!(outcome, Err(Error::Misuse { .. })) {
            assert_eq!(
                (state, &self.record),
                (self.grant.state(), &self.grant.snapshot()),
                "misuse changed something"
            );
        } else {
            self.spent = self.pending.take().filter(|_| !answered).or_else(|| self.spent.take());
            self.renewals(&outcome);
            self.served(&outcome);
            self.last = Some(outcome);
        }
        assert!(self.sent <= 12 || known::is_refused_for_ever(&self.grant), "a flight sends for ever");
        if let Reading::Fresh(token) | Reading::Due(token) = self.grant.read(self.now) {
            assert!(token.is_alive(self.now), "a dead token is read");
        }
        let record = self.grant.snapshot();
        if record != self.record {
            round_trip(&record);
            self.record = record;
        }
    }

    fn renewals(&mut self, outcome: &Outcome) {
        match outcome {
            Ok(Step::Send(request)) => {
                self.sent += 1;
                if request.purpose == Purpose::Renew && self.single_use {
                    self.pending = Some((request.url.clone(), request.body.clone()));
                    assert!(
                        self.pending != self.spent,
                        "a renewal that may have been carried out was sent again"
                    );
                }
            }
            Ok(Step::Done { output: Granted::Token { source: Source::Acquired | Source::Renewed, .. } }) => {
                self.spent = None;
            }
            _ => {}
        }
    }

    fn served(&self, outcome: &Outcome) {
        let Ok(Step::Done { output: Granted::Token { token, source: Source::Held, .. } }) = outcome else {
            return;
        };
        // Only a slow store can let it die after the decision.
        let stored = matches!(self.last, Some(Ok(Step::Save { .. } | Step::Release)));
        assert!(stored || token.is_alive(self.now), "a dead token was served");
        assert!(self.refused.as_ref() != Some(&token.value), "the rejected token was served");
    }

    fn end(mut self) {
        let outcome = self.grant.advance(Event::START, &world::ambient(self.now, 7));
        assert!(!matches!(outcome, Err(Error::Misuse { .. })), "it cannot begin again");
        let mut again = Grant::new(self.grant.settings().clone());
        again.restore(self.grant.snapshot()).expect("a record of its own");
        let outcome = again.advance(Event::START, &world::ambient(self.now, 7));
        assert!(!matches!(outcome, Err(Error::Misuse { .. })), "it cannot go on elsewhere");
    }
}

fn moved(now: UnixTime, seconds: i64) -> UnixTime {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { now.before(distance) } else { now.after(distance) }
}

/// Answered, or never sent. A hidden redirect is an answer.
fn is_answer(event: &Event) -> bool {
    match event {
        Event::Response(_) => true,
        Event::Failed(fault) => {
            matches!(fault.kind, FaultKind::Unreachable | FaultKind::Store | FaultKind::Redirected)
        }
        _ => false,
    }
}

fn call(which: u8, replayable: bool, events: &mut Events<'_>) {
    let settings = world::connection(which).clone();
    let key = settings.key().to_owned();
    let mut call = Call::new(settings, "GET", "/x", replayable).expect("a path");
    let (mut now, mut sent) = (UnixTime::from_secs(1_000_000), 0);
    while let Some((seconds, event)) = events.next(None, &key) {
        now = moved(now, seconds);
        sent = if matches!(event, Event::Start { .. }) { 0 } else { sent };
        let before = call.state();
        let outcome = call.advance(event, &world::ambient(now, 0));
        let _ = (
            format!("{outcome:?}"),
            serde_json::to_string(&grantline_core::message(&outcome)).expect("JSON"),
        );
        assert!(
            before == call.state() || !matches!(outcome, Err(Error::Misuse { .. })),
            "misuse changed something"
        );
        sent += u32::from(matches!(outcome, Ok(Step::Send(_))));
        assert!(sent <= if replayable { 2 } else { 1 }, "one renewal and one retry for each start");
    }
    let outcome = call.advance(Event::START, &world::ambient(now, 0));
    assert_eq!(outcome, Ok(Step::Authorize { rejected: None }), "it cannot begin again");
}
