//! A flight and the server: what is sent, and what each answer leads to.

use super::{Advance, Flight, Grant, Granted, Mark, Source, State, policy};
use crate::answer::{self, Asked, Fresh, Verdict};
use crate::derive::{Making, Material};
use crate::error::{Cause, Denial, Error, Reason, SettingsError, Violation};
use crate::flow::{Ambient, Step};
use crate::http::{Fault, FaultKind, Purpose, Request, Response};
use crate::manifest::{Algorithm, Derived, Place, Replay, RequestTemplate};
use crate::redirect::Redirect;
use crate::render::{self, Values};
use crate::secret::Secret;
use crate::snapshot::{Refresh, Why};
use crate::time::UnixTime;
use crate::token::{Captures, Token};
use core::time::Duration;
use std::sync::Arc;

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
        self.next(captures.cloned().unwrap_or_default());
        (self.step, self.redirects) = (0, 0);
    }

    /// Goes on to the next request.
    fn next(&mut self, captures: Captures) {
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
        flight.prior = self.held.in_doubt;
        if self.is_single_use(&flight) {
            // From here on nobody knows what became of the refresh token, until there is an answer. If there was a
            // doubt before, it is the first try that may have spent it; but another process may know that nothing was
            // sent under that mark, and must not take this one for it. So it lies a little earlier, which can only
            // make a grace shorter.
            let step = Duration::from_millis(1 + u64::from(ambient.entropy[4]));
            let carried = |prior: UnixTime| prior.before(step);
            let from = flight.prior.map_or_else(|| self.marks_from(ambient.now), carried);
            self.held.in_doubt = Some(from);
            flight.mark = self.held.mark();
            if !flight.alone {
                let step = self.save();
                return self.go(State::Marking(flight), step);
            }
        }
        self.send(flight, ambient)
    }

    /// Since when a renewal is said to be in doubt: a mark of the same token that may stand in the store, and under
    /// which nothing was sent, is not told from this one.
    fn marks_from(&self, now: UnixTime) -> UnixTime {
        let same = |mark: &&Mark| mark.1.as_ref() == self.held.refresh_value();
        self.known.as_ref().filter(same).map_or(now, |mark| mark.0)
    }

    pub(super) fn is_single_use(&self, flight: &Flight) -> bool {
        flight.purpose == Purpose::Renew && self.settings.auth().replay == Replay::Unsafe
    }

    pub(super) fn send(&mut self, flight: Flight, ambient: &Ambient) -> Advance {
        if flight.leased.is_some_and(|end| end < ambient.now) {
            // The mark took longer than the lease: another process may be at it.
            return if self.is_single_use(&flight) {
                self.unmark(flight)
            } else {
                self.give_way(flight, ambient)
            };
        }
        let over = flight.prior.is_some_and(|since| self.is_doubtful(since, ambient.now));
        if self.is_single_use(&flight) && over && flight.anew.is_none() {
            // The grace ended while the mark was written.
            self.settle(&flight);
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
                self.settle(&flight);
                return self.broken(flight, Violation::ForeignHost, nothing, ambient);
            }
            Err(error) => {
                self.settle(&flight);
                return self.finish(flight, Err(error), ambient);
            }
        };
        let (request, made) = match built {
            Making::Sign(signing) => return self.go(State::Signing(flight), Step::Sign(signing)),
            Making::Done(Asking::Minted(fresh)) => {
                flight.sent_at = moment.now;
                let output = self.granted(&flight, fresh, ambient);
                flight.dirty = true;
                return self.finish(flight, Ok(output), ambient);
            }
            Making::Done(Asking::Request(request, made)) => (request, made),
        };
        flight.made = made;
        flight.url = request.url.clone().into();
        flight.sent_at = ambient.now;
        if self.is_single_use(&flight) {
            // From here on the mark is true.
            self.known = None;
        }
        // What a person asked for is done once: an answer that is lost on the way does not make it undone.
        flight.anew = None;
        self.go(State::Exchanging(flight), Step::Send(request))
    }

    fn templates(&self, purpose: Purpose) -> &[RequestTemplate] {
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
    pub(super) fn unsigned(&mut self, flight: Flight, fault: &Fault, ambient: &Ambient) -> Advance {
        self.settle(&flight);
        let keys = self.settings.auth().values.iter().filter_map(|(_, derived)| match derived {
            Derived::Jwt(jwt) if jwt.algorithm != Algorithm::Hs256 => jwt.key.names().next(),
            _ => None,
        });
        let parameter = keys.into_iter().next().unwrap_or_default().to_owned();
        let detail = self.settings.scrub(&fault.detail, &self.held.secrets());
        let problem = format!("cannot sign: {detail}");
        self.finish(flight, Err(SettingsError::Invalid { parameter, problem }.into()), ambient)
    }

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
                self.settle(&flight);
                self.set_back(flight, Why::Refused(Reason::Asked, Some(denial)), ambient)
            }
            Verdict::Granted(fresh)
                if flight.rejected.as_ref().is_some_and(|token| token.value == fresh.access) =>
            {
                self.same_again(flight, fresh, response.status, ambient)
            }
            Verdict::Granted(fresh) => {
                let output = self.granted(&flight, fresh, ambient);
                flight.dirty = true;
                self.finish(flight, Ok(output), ambient)
            }
            Verdict::Later { denial, .. } if self.may_be_spent(&flight, denial.status) => {
                self.lost(flight, Cause::Server(denial), ambient)
            }
            Verdict::Later { denial, retry_at } => {
                self.settle(&flight);
                self.later(flight, Cause::Server(denial), retry_at, ambient)
            }
            Verdict::Denied(denial) if flight.purpose == Purpose::Renew && self.is_refusal(&denial) => {
                // Whether an older try was carried out, a refusal of this one does not tell.
                self.settle(&flight);
                self.renewal_refused(flight, denial, ambient)
            }
            Verdict::Denied(denial) => {
                self.settle(&flight);
                self.set_back(flight, Why::Denied(denial), ambient)
            }
            // A success that cannot be read may have spent the refresh token all the same.
            Verdict::Broken(_, denial) if flight.purpose == Purpose::Renew && denial.status < 300 => {
                self.lost(flight, Cause::Server(denial), ambient)
            }
            Verdict::Broken(violation, denial) => {
                self.settle(&flight);
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

    pub(super) fn failed(&mut self, flight: Flight, fault: Fault, ambient: &Ambient) -> Advance {
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
                self.settle(&flight);
                self.broken(flight, Violation::Redirect, nothing, ambient)
            }
            _ => {
                // Not sent, or a request that may be sent twice.
                self.settle(&flight);
                self.later(flight, Cause::Network(Fault { detail, ..fault }), None, ambient)
            }
        }
    }

    /// Whether a failing server, or a gateway before it, may have renewed all the same. Then the first grant is the
    /// way on; without one the refresh token is all there is, and is tried again.
    pub(super) fn may_be_spent(&self, flight: &Flight, status: u16) -> bool {
        self.is_single_use(flight) && matches!(status, 500 | 502 | 504) && self.settings.auth().acquires()
    }

    /// This try was not carried out: nothing more is in doubt than was before it.
    pub(super) fn settle(&mut self, flight: &Flight) {
        if flight.purpose == Purpose::Renew {
            self.held.in_doubt = flight.prior;
            self.know(flight);
        }
    }

    /// What became of the mark of this exchange is known here, if nowhere else.
    fn know(&mut self, flight: &Flight) {
        if flight.mark.is_some() {
            self.known.clone_from(&flight.mark);
        }
    }

    /// The refresh token may be exchanged by a request that is not the last one: then the new one is the present one from
    /// then on, whatever comes of the others.
    fn exchanged(&mut self, flight: &mut Flight, captures: &Captures) {
        let rule = self.settings.auth().token.as_ref().filter(|_| flight.purpose == Purpose::Renew);
        let new = rule.into_iter().flat_map(|rule| rule.refresh_token.iter()).find_map(|place| match place {
            Place::Captured(name) => captures.get(name),
            _ => None,
        });
        if let Some(new) = new.filter(|new| self.held.refresh_value() != Some(*new)) {
            self.held.refresh = Some(Refresh { value: new.clone(), expires_at: None });
            self.know(flight);
            (self.held.in_doubt, flight.prior, flight.mark, flight.dirty) = (None, None, None, true);
        }
    }

    /// The server gave the token that the API has just refused: some give the same one until it ends. What came with it
    /// is kept, and one more renewal is tried; after that, whoever refused it does not get it back.
    fn same_again(&mut self, mut flight: Flight, fresh: Fresh, status: u16, ambient: &Ambient) -> Advance {
        self.granted(&flight, fresh, ambient);
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
        let again = self.settings.auth().replay == Replay::Safe || !self.is_in_doubt(ambient.now);
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

    pub(super) fn granted(&mut self, flight: &Flight, fresh: Fresh, ambient: &Ambient) -> Granted {
        let margin = self.settings.auth().margin();
        let expires_at = self.held.end(fresh.expires_at, flight.sent_at);
        let token = Token::new(fresh.access, flight.sent_at, expires_at, margin, &ambient.entropy);
        let token = Arc::new(Token { captures: fresh.captures, ..token });
        let (acquired, expires_at) = (flight.purpose == Purpose::Acquire, fresh.refresh_expires_at);
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
        self.know(flight);
        (self.held.lost, self.held.setback, self.held.in_doubt) = (None, None, None);
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
