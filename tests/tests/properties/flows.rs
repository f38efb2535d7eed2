//! Any events, in any order.

use crate::events::{event, ours, turn};
use crate::{moved, settings};
use grantline_core::error::Violation;
use grantline_core::{
    Ambient, Call, Error, Event, FaultKind, Flow, Grant, Granted, Purpose, Reading, Snapshot, Source, Step,
    UnixTime,
};
use proptest::collection::vec;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

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
                // The server gave all its tokens anew, and the access token is the one that was refused.
                Err(Error::Protocol { violation: Violation::SameToken, .. }) => spent = None,
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
}
