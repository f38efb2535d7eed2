//! The real machines without a service: what they hold, and what is answered to their requests, is made up.

mod answer;

use crate::failure::Failure;
use crate::stand_in::{Guesses, MADE_UP_KEY};
pub(crate) use answer::{answer, put};
use grantline_core::manifest::{Auth, RequestTemplate};
use grantline_core::{Ambient, Error, Event, Purpose, Settings, Signing, Snapshot, Token, nearest};
use serde_json::{Map, Value, json};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

pub(crate) const ACCESS_TOKEN: &str = "ACCESS_TOKEN";
pub(crate) const REFRESH_TOKEN: &str = "REFRESH_TOKEN";
/// It stands where base64url is expected, and is some.
pub(crate) const SIGNATURE: &str = "SIGNATURE";

/// What a connection holds in a rehearsal.
pub(crate) struct Props {
    /// The tokens that the person gave.
    pub(crate) access: Option<String>,
    pub(crate) refresh: Option<String>,
    /// Whether to sign with the keys that are given.
    pub(crate) signs: bool,
    captures: Vec<(String, String)>,
    guesses: Guesses,
}

impl Props {
    /// Tokens, and captures as `NAME=VALUE`; the other captures of this way to authenticate are made up.
    pub(crate) fn new(
        settings: &Settings,
        access: Option<String>,
        refresh: Option<String>,
        captures: &[String],
    ) -> Result<Self, Failure> {
        let auth = auth(settings);
        let mut given: Vec<(String, String)> = Vec::new();
        for pair in captures {
            let (name, value) = pair
                .split_once('=')
                .ok_or_else(|| Failure::Usage("--capture takes NAME=VALUE".to_owned()))?;
            if !auth.captured().any(|known| known == name) {
                let meant = nearest(name, auth.captured());
                let meant = meant.map(|name| format!("; did you mean '{name}'?")).unwrap_or_default();
                return Err(Failure::Usage(format!("no request captures '{name}'{meant}")));
            }
            given.push((name.to_owned(), value.to_owned()));
        }
        let mut guesses = Guesses::new(settings.connector());
        for name in auth.captured() {
            let known = given.iter().any(|(known, _)| known == name)
                || guesses.pairs().any(|(known, _)| known == name);
            if !known {
                guesses.capture(name);
            }
        }
        Ok(Self { access, refresh, signs: false, captures: given, guesses })
    }

    /// What was captured under this name.
    pub(crate) fn captured(&self, name: &str) -> &str {
        let given = self.captures.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        given.chain(self.guesses.pairs()).find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    /// The captures that are made up.
    pub(crate) fn made_up(&self) -> impl Iterator<Item = (&str, &str)> {
        self.guesses.pairs()
    }

    /// Other captures are made up, if it was one of them that did not fit.
    pub(crate) fn blame(&mut self, error: Error) -> Result<(), Failure> {
        self.guesses.blame(error)
    }

    /// The record of a connection before it does something for this purpose.
    pub(crate) fn record(
        &self,
        settings: &Settings,
        purpose: Purpose,
        ambient: &Ambient,
    ) -> Result<Snapshot, Error> {
        let mut record = json!({ "version": 1, "key": settings.key(), "revision": 0 });
        if purpose == Purpose::Acquire {
            // A pasted token would serve, and nothing would be asked for.
            record["seeded"] = true.into();
        } else {
            // Without tokens from the person those of a seed take the place of these.
            record["seeded"] = (self.access.is_some() || self.refresh.is_some()).into();
            record["access"] = self.access(settings, ambient);
            record["refresh"] = json!({ "value": self.refresh.as_deref().unwrap_or(REFRESH_TOKEN) });
        }
        Snapshot::parse(&record.to_string())
    }

    /// The access token that API requests carry, if none comes from a seed.
    pub(crate) fn token(&self, settings: &Settings, ambient: &Ambient) -> Option<Token> {
        let event = json!({ "kind": "token", "token": self.access(settings, ambient) });
        let event = grantline_core::json::Json::parse(&event.to_string()).ok()?;
        match Event::from_json(&event) {
            Ok(Event::Token(token)) => Some(Token::clone(&token)),
            _ => None,
        }
    }

    /// It is over: with one that serves, a renewal that fails would do no harm, and nothing would be said of it.
    fn access(&self, settings: &Settings, ambient: &Ambient) -> Value {
        let captures: Map<_, _> =
            auth(settings).captured().map(|name| (name.to_owned(), self.captured(name).into())).collect();
        json!({
            "value": self.access.as_deref().unwrap_or(ACCESS_TOKEN),
            "obtainedAt": ambient.now, "expiresAt": ambient.now, "captures": captures,
        })
    }
}

/// The chosen way to authenticate.
pub(crate) fn auth(settings: &Settings) -> &Auth {
    let manifest = settings.connector().manifest();
    match (settings.parameter_set(), &manifest.auth) {
        (Some(set), _) => &set.auth,
        (None, Some(auth)) => auth,
        // The manifest was checked: it has `auth` or sets, and a set was chosen.
        (None, None) => unreachable!("a connector has a way to authenticate"),
    }
}

/// The requests that are made in a row for this purpose.
pub(crate) fn requests(settings: &Settings, purpose: Purpose) -> Vec<&RequestTemplate> {
    let auth = auth(settings);
    match purpose {
        Purpose::Acquire => auth.acquire.iter().collect(),
        Purpose::Renew => auth.renew.iter().collect(),
        Purpose::Revoke => auth.revoke.iter().collect(),
        Purpose::Call => Vec::new(),
    }
}

/// The answer to a step that wants a signature: a real one if that is wanted, and the key is one.
pub(crate) fn signed(signing: Signing, really: bool) -> Event {
    if really && signing.key.expose() != MADE_UP_KEY {
        return block_in_place(|| Handle::current().block_on(grantline_reqwest::sign(signing)));
    }
    Event::Signed(SIGNATURE.to_owned())
}
