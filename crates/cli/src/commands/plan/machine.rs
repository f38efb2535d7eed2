//! The machines themselves, stopped where they want to send something.

use super::{Planned, Tokens};
use grantline_core::{
    Ambient, Call, Error, Event, Flow, Grant, Granted, Purpose, Request, Settings, Snapshot, Step, Token,
};
use std::sync::Arc;

/// What would be sent in the life of a connection.
pub(super) fn requests(
    settings: &Arc<Settings>,
    tokens: &Tokens,
    ambient: &Ambient,
) -> Result<Vec<Planned>, Error> {
    let mut all = Vec::new();
    let mut add = |step, request: Option<Request>| {
        all.extend(request.map(|request| Planned { step, index: None, request }));
    };
    add("acquire", sent(settings, None, Event::START, Purpose::Acquire, ambient)?);
    add("renew", sent(settings, Some(tokens), Event::Renew, Purpose::Renew, ambient)?);
    add("revoke", sent(settings, Some(tokens), Event::Revoke, Purpose::Revoke, ambient)?);
    if settings.connector().manifest().test.is_some() {
        let token = seeded(settings, ambient).unwrap_or_else(|| tokens.token(ambient).into());
        let mut call = Call::test(settings.clone())?;
        call.advance(Event::START, ambient)?;
        if let Step::Send(request) = call.advance(Event::Token(token), ambient)? {
            add("test", Some(request));
        }
    }
    Ok(all)
}

/// The request that a grant with these tokens sends first, if it is for this purpose.
fn sent(
    settings: &Arc<Settings>,
    tokens: Option<&Tokens>,
    event: Event,
    purpose: Purpose,
    ambient: &Ambient,
) -> Result<Option<Request>, Error> {
    let mut grant = Grant::new(settings.clone());
    grant.restore(record(settings, tokens, ambient)?)?;
    match grant.advance(event, ambient) {
        Ok(Step::Send(request)) if request.purpose == purpose => Ok(Some(request)),
        // There is no such request.
        Ok(_) | Err(Error::NeedsReconnect { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A token that the person brings.
fn seeded(settings: &Arc<Settings>, ambient: &Ambient) -> Option<Arc<Token>> {
    match Grant::new(settings.clone()).advance(Event::START, ambient) {
        Ok(Step::Done { output: Granted::Token { token, .. } }) => Some(token),
        _ => None,
    }
}

fn record(settings: &Settings, tokens: Option<&Tokens>, ambient: &Ambient) -> Result<Snapshot, Error> {
    let mut record = serde_json::json!({
        "version": 1, "key": settings.key(), "revision": 0, "seeded": true,
    });
    if let Some(tokens) = tokens {
        record["access"] = serde_json::json!(tokens.token(ambient));
        record["refresh"] = serde_json::json!({ "value": tokens.refresh });
    }
    Snapshot::parse(&record.to_string())
}

impl Tokens {
    fn token(&self, ambient: &Ambient) -> Token {
        Token {
            value: self.access.as_str().into(),
            obtained_at: ambient.now,
            expires_at: None,
            renew_at: None,
        }
    }
}
