//! A flight and the server: what is sent, and what each answer leads to.

use super::{Advance, Flight, Grant, Granted, Mark, Source, State, policy};
use crate::answer::{self, Fresh, Verdict};
use crate::error::{Cause, Denial, Error, Violation};
use crate::flow::{Ambient, Step};
use crate::http::{Fault, FaultKind, Purpose, Request, Response};
use crate::manifest::Replay;
use crate::render::{self, Values};
use crate::snapshot::{Refresh, Why};
use crate::time::UnixTime;
use crate::token::Token;
use core::time::Duration;
use std::sync::Arc;

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

    pub(super) fn send(&mut self, mut flight: Flight, ambient: &Ambient) -> Advance {
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
        let request = match self.request(flight.purpose) {
            Ok(request) => request,
            // Not on the way out of here: a lease must be given back.
            Err(error) => return self.finish(flight, Err(error), ambient),
        };
        flight.sent_at = ambient.now;
        if self.is_single_use(&flight) {
            // From here on the mark is true.
            self.known = None;
        }
        // What a person asked for is done once: an answer that is lost on the way does not make it undone.
        flight.anew = None;
        self.go(State::Exchanging(flight), Step::Send(request))
    }

    pub(super) fn request(&self, purpose: Purpose) -> Result<Request, Error> {
        let auth = self.settings.auth();
        let template = match purpose {
            Purpose::Renew => &auth.renew,
            Purpose::Revoke => &auth.revoke,
            Purpose::Acquire | Purpose::Call => &auth.acquire,
        };
        let values = Values {
            settings: &self.settings,
            access: self.held.access.as_ref().map(|token| &token.value),
            refresh: self.held.refresh.as_ref().map(|refresh| &refresh.value),
        };
        // `choose` found the template and its tokens; what is missing after all is told, not assumed.
        let template =
            template.as_ref().ok_or(Error::Misuse { state: "exchanging", event: "no template" })?;
        Ok(render::request(purpose, template, values)?)
    }

    pub(super) fn answered(&mut self, mut flight: Flight, response: &Response, ambient: &Ambient) -> Advance {
        self.look(ambient.now);
        // If the clock was set back meanwhile, lifetimes count from now: the best that is known.
        flight.sent_at = flight.sent_at.min(ambient.now);
        if flight.purpose == Purpose::Revoke {
            return self.revoke_answered(flight, response, ambient);
        }
        match answer::judge(response, &self.settings, &self.held.secrets(), flight.sent_at, ambient.now) {
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
        self.is_single_use(flight)
            && matches!(status, 500 | 502 | 504)
            && self.settings.auth().acquire.is_some()
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
        named || self.settings.auth().acquire.is_some()
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
        let named = self.settings.auth().renew.as_ref().is_some_and(|renew| renew.names("refreshToken"));
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
        let token = Arc::new(Token::new(fresh.access, flight.sent_at, expires_at, margin, &ambient.entropy));
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
        match answer::judge(response, &self.settings, &self.held.secrets(), flight.sent_at, ambient.now) {
            Verdict::Later { denial, retry_at } => {
                self.later(flight, Cause::Server(denial), retry_at, ambient)
            }
            Verdict::Broken(violation, denial) => self.broken(flight, violation, denial, ambient),
            Verdict::Denied(denial) => {
                self.finish(flight, Err(Error::Denied { denial, until: None }), ambient)
            }
            Verdict::Granted(_) => self.revoked(flight, true, ambient),
        }
    }

    pub(super) fn revoked(&mut self, mut flight: Flight, at_server: bool, ambient: &Ambient) -> Advance {
        self.held.revoke();
        flight.dirty = true;
        self.finish(flight, Ok(Granted::Revoked { revoked: at_server }), ambient)
    }
}
