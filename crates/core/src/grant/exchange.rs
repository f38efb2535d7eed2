//! A flight and the server: what is sent, and under which mark.

use super::{Advance, Flight, Grant, State, policy};
use crate::answer::Fresh;
use crate::derive::{Making, Material};
use crate::error::{Denial, Error, SettingsError, Violation};
use crate::flow::{Ambient, Step};
use crate::http::{Fault, Purpose, Request};
use crate::manifest::{Algorithm, Derived, Replay, RequestTemplate};
use crate::render::{self, Values};
use crate::secret::Secret;
use crate::token::Captures;
use core::time::Duration;

/// What one step of an exchange is.
enum Asking {
    /// A request, and what was made from secrets for it.
    Request(Request, Vec<Secret>),
    /// Nothing to ask: the token was made here.
    Minted(Fresh),
}

impl Flight {
    /// Begins an exchange with its first request.
    fn restart(&mut self, captures: Option<&Captures>) {
        self.step = 0;
        self.redirects = 0;
        self.next(captures.cloned().unwrap_or_default());
        self.step = 0;
    }

    /// Goes on to the next request.
    pub(super) fn next(&mut self, captures: Captures) {
        self.step += 1;
        self.captures = captures;
        (self.moment, self.redirect) = (None, None);
        self.signatures.clear();
    }
}

impl Grant {
    pub(super) fn exchange(&mut self, mut flight: Flight, ambient: &Ambient) -> Advance {
        if flight.leased.is_some_and(|end| end <= ambient.now.after(policy::EXCHANGE)) {
            return self.give_way(flight, ambient);
        }
        flight.purpose = if flight.revoking {
            if self.held.access.is_none() || self.settings.auth().revoke.is_none() {
                return self.revoked(flight, false, ambient);
            }
            Purpose::Revoke
        } else {
            match self.choose(&flight, ambient.now) {
                Ok(purpose) => purpose,
                Err(why) => return self.set_back(flight, why, ambient),
            }
        };
        flight.restart(if flight.purpose == Purpose::Acquire { None } else { self.held.captures() });
        flight.mark = None;
        if self.is_single_use(&flight) {
            // From here on nobody knows what became of the refresh token, until there is an answer. Each try has a mark
            // of its own, which whoever knows what came of it takes off. It lies before the others, which can only
            // make a grace shorter.
            let step = Duration::from_millis(1 + u64::from(ambient.entropy[4]));
            let since = match self.held.in_doubt.iter().min() {
                Some(first) => first.before(step),
                // A store that takes none of them does not make them many.
                None => self.void.get(policy::MOST_VOID).map_or(ambient.now, |void| *void),
            };
            let since = since.min(ambient.now);
            self.held.in_doubt.push(since);
            flight.mark = Some(since);
            if !flight.alone {
                let step = self.save();
                return self.go(State::Marking(flight), step);
            }
        }
        self.send(flight, ambient)
    }

    pub(super) fn is_single_use(&self, flight: &Flight) -> bool {
        flight.purpose == Purpose::Renew && self.settings.auth().replay == Replay::Unsafe
    }

    pub(super) fn send(&mut self, mut flight: Flight, ambient: &Ambient) -> Advance {
        if flight.leased.is_some_and(|end| end < ambient.now) {
            // The mark took longer than the lease: another process may be at it.
            self.settle(&mut flight);
            return self.give_way(flight, ambient);
        }
        if flight.mark.is_some() && flight.anew.is_none() && self.is_in_doubt(flight.mark, ambient.now) {
            // The grace ended while the mark was written.
            self.settle(&mut flight);
            return self.exchange(flight, ambient);
        }
        self.ask(flight, ambient)
    }

    /// Makes the request of this step and sends it, or asks for a signature that it needs.
    pub(super) fn ask(&mut self, mut flight: Flight, ambient: &Ambient) -> Advance {
        let moment = *flight.moment.get_or_insert(*ambient);
        let material = Material { ambient: &moment, signatures: &flight.signatures };
        let built = match self.asking(&flight, material) {
            Ok(built) => built,
            // Not on the way out of here: a lease must be given back.
            Err(Error::Settings(SettingsError::Host { .. })) if flight.step > 0 => {
                let nothing = Denial { status: 200, code: None, message: None, request_id: None };
                self.settle(&mut flight);
                return self.broken(flight, Violation::ForeignHost, nothing, ambient);
            }
            Err(error) => {
                self.settle(&mut flight);
                return self.finish(flight, Err(error), ambient);
            }
        };
        let (request, made) = match built {
            Making::Sign(signing) => return self.go(State::Signing(flight), Step::Sign(signing)),
            Making::Done(Asking::Minted(fresh)) => {
                flight.sent_at = moment.now;
                let output = self.granted(&mut flight, fresh, ambient);
                flight.dirty = true;
                return self.finish(flight, Ok(output), ambient);
            }
            Making::Done(Asking::Request(request, made)) => (request, made),
        };
        flight.made = made;
        flight.url = request.url.clone().into();
        flight.sent_at = ambient.now;
        // What a person asked for is done once: an answer that is lost on the way does not make it undone.
        flight.anew = None;
        self.go(State::Exchanging(flight), Step::Send(request))
    }

    pub(super) fn templates(&self, purpose: Purpose) -> &[RequestTemplate] {
        let auth = self.settings.auth();
        match purpose {
            Purpose::Renew => &auth.renew,
            Purpose::Revoke => auth.revoke.as_slice(),
            Purpose::Acquire | Purpose::Call => &auth.acquire,
        }
    }

    fn asking(&self, flight: &Flight, material: Material<'_>) -> Result<Making<Asking>, Error> {
        let later = flight.purpose != Purpose::Acquire;
        let values = Values {
            access: self.held.access.as_ref().map(|token| &token.value).filter(|_| later),
            refresh: self.held.refresh_value().filter(|_| later),
            captures: Some(&flight.captures),
            ..Values::of(&self.settings)
        };
        let templates = self.templates(flight.purpose);
        let Some(template) = templates.get(flight.step) else {
            return self.minting(flight, values, material);
        };
        let (mut request, made) = match render::request(flight.purpose, template, values, material)? {
            Making::Sign(signing) => return Ok(Making::Sign(signing)),
            Making::Done(built) => built,
        };
        // A lease covers one exchange, however many requests it is made of.
        request.timeout_ms /= u32::try_from(templates.len()).unwrap_or(1);
        if let Some(redirect) = &flight.redirect {
            (self.settings.able().follow)(redirect, &mut request);
        }
        Ok(Making::Done(Asking::Request(request, made)))
    }

    fn minting(
        &self,
        flight: &Flight,
        values: Values<'_>,
        material: Material<'_>,
    ) -> Result<Making<Asking>, Error> {
        // `choose` found a way; what is missing after all is told, not assumed.
        let absent = Error::Misuse { state: "exchanging", event: "no template" };
        let mint = self.settings.auth().mint.as_ref().filter(|_| flight.purpose == Purpose::Acquire);
        let mint = mint.ok_or_else(|| absent.clone())?;
        Ok(match render::mint(&mint.value, values, material)? {
            Making::Sign(signing) => Making::Sign(signing),
            Making::Done(value) => {
                let lifetime = Duration::from_secs(mint.lifetime_seconds);
                Making::Done(Asking::Minted(Fresh {
                    access: value.ok_or(absent)?.into(),
                    expires_at: Some(material.ambient.now.after(lifetime)),
                    refresh: None,
                    refresh_expires_at: None,
                    captures: Captures::default(),
                }))
            }
        })
    }

    /// The key that a person gave cannot sign.
    pub(super) fn unsigned(&mut self, mut flight: Flight, fault: &Fault, ambient: &Ambient) -> Advance {
        self.settle(&mut flight);
        let keys = self.settings.auth().values.iter().filter_map(|(_, derived)| match derived {
            Derived::Jwt(jwt) if jwt.algorithm != Algorithm::Hs256 => jwt.key.names().next(),
            _ => None,
        });
        let parameter = keys.into_iter().next().unwrap_or_default().to_owned();
        let detail = self.settings.scrub(&fault.detail, &self.held.secrets());
        let problem = format!("cannot sign: {detail}");
        self.finish(flight, Err(SettingsError::Invalid { parameter, problem }.into()), ambient)
    }

    /// The mark of this try means nothing any more, which is known here, if nowhere else.
    pub(super) fn settle(&mut self, flight: &mut Flight) {
        let Some(mark) = flight.mark.take() else { return };
        self.held.lift(&[mark]);
        flight.dirty = true;
        if self.shared && !self.void.contains(&mark) {
            self.void.push(mark);
        }
    }
}
