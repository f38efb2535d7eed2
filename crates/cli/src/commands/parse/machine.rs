//! The real machine, brought to the point where it waits for an answer, and given this one.

use crate::failure::Failure;
use grantline_core::{
    Ambient, Error, Event, Flow, Grant, Granted, Purpose, Response, Settings, Snapshot, Step, Token,
};
use std::sync::Arc;

type Outcome = (Result<Arc<Token>, Error>, Snapshot);

/// Reads the answer to a first grant, or where there is none, or one is not wanted, to a renewal.
pub(super) fn read(
    settings: &Arc<Settings>,
    response: &Response,
    renewal: bool,
    ambient: &Ambient,
) -> Result<Outcome, Failure> {
    let acquire = |response| answer(settings, response, Purpose::Acquire, ambient);
    let renew = |response| answer(settings, response, Purpose::Renew, ambient);
    if renewal {
        let none = || Failure::Usage("this connector has no request for a renewal".to_owned());
        return match renew(response)?.ok_or_else(none)? {
            Answered::Ended(outcome) => Ok(*outcome),
            // A renewal was refused, and the machine goes on to a first grant. What the refusal says is read alike.
            Answered::GoesOn => match acquire(response)? {
                Some(Answered::Ended(outcome)) => Ok(*outcome),
                _ => Err(Failure::Machine("the machine does not come to an end with this answer".to_owned())),
            },
        };
    }
    let first = match acquire(response)? {
        Some(answered) => Some(answered),
        None => renew(response)?,
    };
    match first {
        Some(Answered::Ended(outcome)) => Ok(*outcome),
        _ => Err(Failure::Usage(
            "this connector makes no token request: its token comes from a person".to_owned(),
        )),
    }
}

/// What became of a flight.
enum Answered {
    Ended(Box<Outcome>),
    /// It asks for something else.
    GoesOn,
}

/// Gives the answer to every request for this purpose, as a server does that does not change its mind. `None` if
/// there is no such request.
fn answer(
    settings: &Arc<Settings>,
    response: &Response,
    purpose: Purpose,
    ambient: &Ambient,
) -> Result<Option<Answered>, Failure> {
    let mut grant = Grant::new(settings.clone());
    grant.restore(record(settings, purpose, ambient)?)?;
    let event = if purpose == Purpose::Renew { Event::Renew } else { Event::START };
    let mut outcome = grant.advance(event, ambient);
    let mut asked = false;
    loop {
        let event = match outcome {
            Ok(Step::Send(request)) if request.purpose == purpose => {
                asked = true;
                Event::Response(response.clone())
            }
            Ok(Step::Sleep { .. }) => Event::Woke,
            Ok(Step::Send(_)) => return Ok(asked.then_some(Answered::GoesOn)),
            _ if !asked => return Ok(None),
            Ok(Step::Done { output: Granted::Token { token, .. } }) => {
                return Ok(Some(Answered::Ended(Box::new((Ok(token), grant.snapshot())))));
            }
            Err(error) => return Ok(Some(Answered::Ended(Box::new((Err(error), grant.snapshot()))))),
            Ok(step) => {
                return Err(Failure::Machine(format!(
                    "a grant without a store does not ask for this: {step:?}"
                )));
            }
        };
        outcome = grant.advance(event, ambient);
    }
}

/// What a connection holds before the answer comes: for a renewal, tokens.
fn record(settings: &Settings, purpose: Purpose, ambient: &Ambient) -> Result<Snapshot, Error> {
    let mut record = serde_json::json!({
        "version": 1, "key": settings.key(), "revision": 0, "seeded": true,
    });
    if purpose == Purpose::Renew {
        // It is over: with one that serves, a renewal that fails would do no harm, and nothing would be said of it.
        record["access"] = serde_json::json!({
            "value": "ACCESS_TOKEN", "obtainedAt": ambient.now, "expiresAt": ambient.now,
        });
        record["refresh"] = serde_json::json!({ "value": "REFRESH_TOKEN" });
    }
    Snapshot::parse(&record.to_string())
}
