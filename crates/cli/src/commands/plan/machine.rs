//! The machines themselves, stopped where they want to send something.

use super::Planned;
use super::operation::Asked;
use crate::rehearsal::{Props, answer, requests, signed};
use grantline_core::{
    Ambient, Call, Error, Event, Flow, Grant, Granted, Purpose, Request, Settings, Step, Token,
};
use std::sync::Arc;

/// What would be sent in the life of a connection.
pub(super) fn life(
    settings: &Arc<Settings>,
    props: &Props,
    asked: Option<&Asked>,
    ambient: &Ambient,
) -> Result<Vec<Planned>, Error> {
    let mut all = Vec::new();
    for (step, purpose) in
        [("acquire", Purpose::Acquire), ("renew", Purpose::Renew), ("revoke", Purpose::Revoke)]
    {
        let sent = sent(settings, props, purpose, ambient)?;
        let several = sent.len() > 1;
        all.extend(sent.into_iter().enumerate().map(|(index, request)| Planned {
            step,
            index: several.then_some(index + 1),
            request,
        }));
    }
    if settings.connector().manifest().test.is_some() {
        let call = Call::test(settings.clone())?;
        all.push(Planned { step: "test", index: None, request: called(call, settings, props, ambient)? });
    }
    if let Some(asked) = asked {
        let request = called(asked.call(settings)?, settings, props, ambient)?;
        all.push(Planned { step: "operation", index: None, request });
    }
    Ok(all)
}

/// The requests that a grant makes for this purpose, if it makes any.
fn sent(
    settings: &Arc<Settings>,
    props: &Props,
    purpose: Purpose,
    ambient: &Ambient,
) -> Result<Vec<Request>, Error> {
    let templates = requests(settings, purpose);
    let mut grant = Grant::new(settings.clone());
    grant.restore(props.record(settings, purpose, ambient)?)?;
    let mut event = match purpose {
        Purpose::Renew => Event::Renew,
        Purpose::Revoke => Event::Revoke,
        Purpose::Acquire | Purpose::Call => Event::START,
    };
    let mut all = Vec::new();
    while all.len() < templates.len() {
        event = match grant.advance(event, ambient) {
            Ok(Step::Send(request)) if request.purpose == purpose => {
                all.push(request);
                let captured = |name: &str| props.captured(name).to_owned();
                Event::Response(answer(templates[all.len() - 1], &captured, None))
            }
            Ok(Step::Sign(signing)) => signed(signing, props.signs),
            // There is no such request, or none that can be made with what is at hand.
            Ok(_) | Err(Error::NeedsReconnect { .. }) => break,
            Err(error) => return Err(error),
        };
    }
    Ok(all)
}

/// The API request of a call.
fn called(
    mut call: Call,
    settings: &Arc<Settings>,
    props: &Props,
    ambient: &Ambient,
) -> Result<Request, Error> {
    let mut event = Event::START;
    loop {
        event = match call.advance(event, ambient)? {
            Step::Send(request) => return Ok(request),
            Step::Authorize { .. } => Event::Token(token(settings, props, ambient)?),
            _ => return Err(Error::Misuse { state: "rehearsing", event: "a call that sends nothing" }),
        };
    }
}

/// The token that a person brings or that is made without a request; otherwise one that stands in.
fn token(settings: &Arc<Settings>, props: &Props, ambient: &Ambient) -> Result<Arc<Token>, Error> {
    let misuse = Error::Misuse { state: "rehearsing", event: "a token that cannot be read" };
    let stand_in = || props.token(settings, ambient).map(Arc::new).ok_or_else(|| misuse.clone());
    if props.access.is_some() {
        return stand_in();
    }
    let mut grant = Grant::new(settings.clone());
    let mut event = Event::START;
    loop {
        event = match grant.advance(event, ambient)? {
            Step::Done { output: Granted::Token { token, .. } } => return Ok(token),
            Step::Sign(signing) => signed(signing, props.signs),
            _ => return stand_in(),
        };
    }
}
