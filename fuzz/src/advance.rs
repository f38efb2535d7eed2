//! Bytes as events: the machines keep their promises whatever an adapter says, in whatever order.
//!
//! The first byte names the connection, the second the machine (`g` a grant, `s` one with a store, `c` a call, `r` a
//! call whose body cannot be sent again). If the third is a line break, lines of events in their message form follow,
//! each after the seconds that pass; `KEY` stands for the key of the connection. Otherwise the bytes choose events,
//! most of them answers to the last step.

use crate::events::{Events, Outcome};
use crate::snapshot::round_trip;
use crate::world;
use core::time::Duration;
use grantline_core::error::Violation;
use grantline_core::{
    Call, Error, Event, FaultKind, Flow, Grant, Granted, Purpose, Reading, Secret, Snapshot, Source, Step,
    UnixTime,
};

/// Runs the target.
pub fn run(data: &[u8]) {
    let [which, machine, rest @ ..] = data else { return };
    let key = world::connection(*which).key();
    let Some(mut events) = Events::read(rest) else { return };
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
        assert!(self.sent <= 12, "a flight sends for ever");
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
            // The server gave all its tokens anew, and the access token is the one that was refused.
            Err(Error::Protocol { violation: Violation::SameToken, .. }) => self.spent = None,
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
