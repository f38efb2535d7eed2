//! What each answer of the server leads to.

use super::{Advance, Flight, Grant, Granted, Source, State, policy};
use crate::answer::{self, Asked, Fresh, Verdict};
use crate::error::{Cause, Denial, Error, Reason, Violation};
use crate::flow::{Ambient, Step};
use crate::http::{Fault, FaultKind, Purpose, Response};
use crate::manifest::{Place, Replay};
use crate::redirect::Redirect;
use crate::snapshot::{Refresh, Why};
use crate::token::{Captures, Token};
use std::sync::Arc;

impl Grant {
    pub(super) fn answered(&mut self, mut flight: Flight, response: &Response, ambient: &Ambient) -> Advance {
        self.look(ambient.now);
        // If the clock was set back meanwhile, lifetimes count from now: the best that is known.
        flight.sent_at = flight.sent_at.min(ambient.now);
        if flight.purpose == Purpose::Revoke {
            return self.revoke_answered(flight, response, ambient);
        }
        if let Some(redirect) = self.redirected(&flight, response) {
            flight.redirects += 1;
            flight.redirect = Some(redirect);
            return self.ask(flight, ambient);
        }
        match self.judge(&flight, response, ambient) {
            Verdict::Captured(captures) => {
                self.exchanged(&mut flight, &captures);
                flight.next(captures);
                self.ask(flight, ambient)
            }
            Verdict::Reconnect(denial) => {
                self.settle(&mut flight);
                self.set_back(flight, Why::Refused(Reason::Asked, Some(denial)), ambient)
            }
            Verdict::Granted(fresh)
                if flight.rejected.as_ref().is_some_and(|token| token.value == fresh.access) =>
            {
                self.same_again(flight, fresh, response.status, ambient)
            }
            Verdict::Granted(fresh) => {
                let output = self.granted(&mut flight, fresh, ambient);
                flight.dirty = true;
                self.finish(flight, Ok(output), ambient)
            }
            Verdict::Later { denial, .. } if self.may_be_spent(&flight, denial.status) => {
                self.lost(flight, Cause::Server(denial), ambient)
            }
            Verdict::Later { denial, retry_at } => {
                self.settle(&mut flight);
                self.later(flight, Cause::Server(denial), retry_at, ambient)
            }
            Verdict::Denied(denial) if flight.purpose == Purpose::Renew && self.is_refusal(&denial) => {
                // Whether an older try was carried out, a refusal of this one does not tell.
                self.settle(&mut flight);
                self.renewal_refused(flight, denial, ambient)
            }
            Verdict::Denied(denial) => {
                self.settle(&mut flight);
                self.set_back(flight, Why::Denied(denial), ambient)
            }
            // A success that cannot be read may have spent the refresh token all the same.
            Verdict::Broken(_, denial) if flight.purpose == Purpose::Renew && denial.status < 300 => {
                self.lost(flight, Cause::Server(denial), ambient)
            }
            Verdict::Broken(violation, denial) => {
                self.settle(&mut flight);
                self.broken(flight, violation, denial, ambient)
            }
        }
    }

    fn judge(&self, flight: &Flight, response: &Response, ambient: &Ambient) -> Verdict {
        let mut secrets = self.held.secrets();
        secrets.extend(&flight.made);
        secrets.extend(flight.captures.iter().map(|(_, value)| value));
        let templates = self.templates(flight.purpose);
        let asked = Asked {
            settings: &self.settings,
            template: templates.get(flight.step),
            last: flight.step + 1 >= templates.len(),
            captures: &flight.captures,
            secrets: &secrets,
            sent_at: flight.sent_at,
        };
        answer::judge(response, &asked, ambient.now)
    }

    /// Where a redirect leads, if the connector lets it be followed.
    fn redirected(&self, flight: &Flight, response: &Response) -> Option<Redirect> {
        let template = self.templates(flight.purpose).get(flight.step)?;
        let allowed = template.follow_redirects && flight.redirects < Redirect::MOST;
        allowed.then(|| (self.settings.able().redirect)(response, flight.url.expose(), &self.settings))?
    }

    pub(super) fn failed(&mut self, mut flight: Flight, fault: Fault, ambient: &Ambient) -> Advance {
        let detail = self.settings.scrub(&fault.detail, &self.held.secrets());
        let nothing = Denial { status: 0, code: None, message: None, request_id: None };
        match fault.kind {
            FaultKind::Timeout | FaultKind::Lost | FaultKind::TooLarge
                if flight.purpose == Purpose::Renew =>
            {
                self.lost(flight, Cause::Network(Fault { detail, ..fault }), ambient)
            }
            FaultKind::TooLarge => self.broken(flight, Violation::TooLarge, nothing, ambient),
            FaultKind::Redirected => {
                self.settle(&mut flight);
                self.broken(flight, Violation::Redirect, nothing, ambient)
            }
            _ => {
                // Not sent, or a request that may be sent twice.
                self.settle(&mut flight);
                self.later(flight, Cause::Network(Fault { detail, ..fault }), None, ambient)
            }
        }
    }

    /// Whether a failing server, or a gateway before it, may have renewed all the same. Then the first grant is the
    /// way on; without one the refresh token is all there is, and is tried again.
    pub(super) fn may_be_spent(&self, flight: &Flight, status: u16) -> bool {
        self.is_single_use(flight) && matches!(status, 500 | 502 | 504) && self.settings.auth().acquires()
    }

    /// The refresh token may be exchanged by a request that is not the last one: then the new one is the present one from
    /// then on, whatever comes of the others.
    fn exchanged(&mut self, flight: &mut Flight, captures: &Captures) {
        let rule = self.settings.auth().token.as_ref().filter(|_| flight.purpose == Purpose::Renew);
        let new = rule.into_iter().flat_map(|rule| rule.refresh_token.iter()).find_map(|place| match place {
            Place::Captured(name) => captures.get(name),
            _ => None,
        });
        let before = self.held.refresh_value().cloned();
        if let Some(new) = new.filter(|new| before.as_ref() != Some(*new)) {
            self.held.refresh = Some(Refresh { value: new.clone(), expires_at: None });
            self.held.in_doubt.clear();
            (flight.mark, flight.dirty, self.spent) = (None, true, before);
        }
    }

    /// The server gave the token that the API has just refused: some give the same one until it ends. What came with it
    /// is kept, and one more renewal is tried; after that, whoever refused it does not get it back.
    fn same_again(&mut self, mut flight: Flight, fresh: Fresh, status: u16, ambient: &Ambient) -> Advance {
        self.granted(&mut flight, fresh, ambient);
        if let Some(token) = &flight.rejected {
            self.held.forget(token);
        }
        flight.dirty = true;
        flight.tries += 1;
        if flight.purpose == Purpose::Renew && flight.tries == 1 {
            return self.exchange(flight, ambient);
        }
        let nothing = Denial { status, code: None, message: None, request_id: None };
        self.broken(flight, Violation::SameToken, nothing, ambient)
    }

    /// Whether a person must act if there is no first grant: the server named a reason, or refused the credentials.
    /// The page of a gateway that knows no such path is no such answer.
    fn is_refusal(&self, denial: &Denial) -> bool {
        let named = denial.code.is_some() || matches!(denial.status, 400 | 401 | 403);
        named || self.settings.auth().acquires()
    }

    /// The answer to a renewal is lost: try again only where that is safe.
    pub(super) fn lost(&mut self, flight: Flight, cause: Cause, ambient: &Ambient) -> Advance {
        let again = self.settings.auth().replay == Replay::Safe || !self.is_in_doubt(None, ambient.now);
        if again { self.later(flight, cause, None, ambient) } else { self.exchange(flight, ambient) }
    }

    pub(super) fn broken(
        &mut self,
        flight: Flight,
        violation: Violation,
        denial: Denial,
        ambient: &Ambient,
    ) -> Advance {
        if flight.revoking {
            let (status, request_id) = (denial.status, denial.request_id);
            let error = Error::Protocol { violation, status, request_id, until: None };
            return self.finish(flight, Err(error), ambient);
        }
        // Remembered like a refusal: otherwise every caller would ask again at once.
        let pauses = [policy::LATER, policy::LONGEST_LATER];
        self.remember(flight, Why::Broken(violation, denial), pauses, None, ambient)
    }

    pub(super) fn renewal_refused(
        &mut self,
        mut flight: Flight,
        denial: Denial,
        ambient: &Ambient,
    ) -> Advance {
        let first = flight.refused.is_none();
        // What the request named was refused, and nothing else.
        let named = self.settings.renews_with("refreshToken");
        let spent = match (named, &self.held.access) {
            (true, _) => self.held.refresh_value().cloned(),
            (false, access) => access.as_ref().map(|token| token.value.clone()),
        };
        flight.refused = spent.map(|secret| (secret, denial));
        flight.dirty = true;
        if first && flight.leased.is_some() {
            // Another process may have renewed although it should not have.
            return self.go(State::Loading(flight), Step::Load);
        }
        self.exchange(flight, ambient)
    }

    pub(super) fn granted(&mut self, flight: &mut Flight, fresh: Fresh, ambient: &Ambient) -> Granted {
        let margin = self.settings.auth().margin();
        let expires_at = self.held.end(fresh.expires_at, flight.sent_at);
        let token = Token::new(fresh.access, flight.sent_at, expires_at, margin, &ambient.entropy);
        let token = Arc::new(Token { captures: fresh.captures, ..token });
        let (acquired, expires_at) = (flight.purpose == Purpose::Acquire, fresh.refresh_expires_at);
        let before = self.held.refresh_value().cloned();
        self.held.refresh = match (fresh.refresh, self.held.refresh.take()) {
            (Some(value), _) => Some(Refresh { value, expires_at }),
            // A renewal without a refresh token leaves the present one in place; a new grant does not.
            (None, Some(old)) if !acquired => {
                Some(Refresh { expires_at: expires_at.or(old.expires_at), ..old })
            }
            (None, _) => None,
        };
        self.held.access = Some(token.clone());
        (self.held.lifetime, self.held.granted_at) = (None, None);
        self.held.captures = Captures::default();
        (self.held.lost, self.held.setback) = (None, None);
        self.held.in_doubt.clear();
        if before.as_ref() == self.held.refresh_value() {
            self.settle(flight);
        } else {
            self.spent = before;
        }
        let source = if acquired { Source::Acquired } else { Source::Renewed };
        Granted::Token { token, source, setback: None }
    }

    pub(super) fn revoke_answered(
        &mut self,
        flight: Flight,
        response: &Response,
        ambient: &Ambient,
    ) -> Advance {
        let gone = response.status == 401 || self.settings.auth().revoked_statuses.contains(&response.status);
        if gone || (200..300).contains(&response.status) {
            return self.revoked(flight, true, ambient);
        }
        match self.judge(&flight, response, ambient) {
            Verdict::Later { denial, retry_at } => {
                self.later(flight, Cause::Server(denial), retry_at, ambient)
            }
            Verdict::Broken(violation, denial) => self.broken(flight, violation, denial, ambient),
            Verdict::Denied(denial) | Verdict::Reconnect(denial) => {
                self.finish(flight, Err(Error::Denied { denial, until: None }), ambient)
            }
            Verdict::Granted(_) | Verdict::Captured(_) => self.revoked(flight, true, ambient),
        }
    }

    pub(super) fn revoked(&mut self, mut flight: Flight, at_server: bool, ambient: &Ambient) -> Advance {
        self.held.revoke();
        flight.dirty = true;
        self.finish(flight, Ok(Granted::Revoked { revoked: at_server }), ambient)
    }
}
