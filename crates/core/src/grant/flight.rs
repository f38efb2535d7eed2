//! The transitions of a flight: what a grant does with each answer.

use super::{Advance, Flight, Grant, Granted, LEASE_MS, Outcome, Reading, Source, State, policy};
use crate::answer::{self, Fresh, Verdict};
use crate::error::{Cause, Denial, Error, Violation};
use crate::flow::{Ambient, Step};
use crate::http::{Fault, FaultKind, Purpose, Response};
use crate::manifest::Replay;
use crate::render::{self, Values};
use crate::snapshot::{Held, Refresh, Snapshot, Why, store_fault};
use crate::token::Token;
use std::sync::Arc;

impl Grant {
    pub(super) fn start(&mut self, rejected: Option<Arc<Token>>, ambient: &Ambient) -> Advance {
        let forgotten = rejected.as_ref().is_some_and(|token| self.held.forget(token));
        if let Reading::Fresh(token) = self.read(ambient.now) {
            return Ok(Step::Done { output: Granted::held(token) });
        }
        self.begin(Flight { dirty: forgotten, ..Flight::new(false, rejected, !self.shared) }, ambient)
    }

    pub(super) fn begin(&mut self, flight: Flight, ambient: &Ambient) -> Advance {
        if flight.alone { self.decide(flight, ambient) } else { self.go(State::Loading(flight), Step::Load) }
    }

    /// Another process holds the lease: it may renew for us.
    pub(super) fn queue(&mut self, mut flight: Flight, ambient: &Ambient) -> Advance {
        if let Reading::Fresh(token) | Reading::Due(token) = self.read(ambient.now) {
            return Ok(Step::Done { output: Granted::held(token) });
        }
        flight.queued += 1;
        match policy::queue_pause(flight.queued, ambient) {
            Some(millis) => self.go(State::Queueing(flight), Step::Sleep { millis }),
            None => {
                let cause = Cause::Network(store_fault());
                Err(Error::Exhausted { retry_at: ambient.now.after(policy::LATER), cause })
            }
        }
    }

    pub(super) fn loaded(
        &mut self,
        mut flight: Flight,
        record: Option<Box<Snapshot>>,
        ambient: &Ambient,
    ) -> Advance {
        let stored = record.as_ref().map_or(0, |record| record.revision());
        flight.dirty |= self.adopt(record, flight.rejected.as_ref());
        if flight.leased && stored < self.held.revision {
            // The store was emptied or put back: our record is written over what is there.
            self.held.revision = stored;
        }
        self.decide(flight, ambient)
    }

    /// Takes a record that is not older than what is held; whether a rejected token was dropped on the way.
    pub(super) fn adopt(&mut self, record: Option<Box<Snapshot>>, rejected: Option<&Arc<Token>>) -> bool {
        let ours = self.settings.key();
        if let Some(record) =
            record.filter(|record| record.key == ours && record.revision() > self.held.revision)
        {
            self.held = record.held;
            return rejected.is_some_and(|token| self.held.forget(token));
        }
        false
    }

    /// With all that is known: serve, lease, or ask the server.
    pub(super) fn decide(&mut self, mut flight: Flight, ambient: &Ambient) -> Advance {
        flight.dirty |= self.held.seed(&self.settings, ambient.now)?;
        let may_write = flight.alone || flight.leased;
        if !flight.revoking && (may_write || !flight.dirty) {
            if let Reading::Fresh(token) = self.read(ambient.now) {
                let output = Granted::held(token);
                return self.finish(flight, Ok(output), ambient);
            }
            if let Some(setback) = self.held.setback(ambient.now) {
                let error = setback.error();
                return self.finish(flight, Err(error), ambient);
            }
        }
        if !may_write {
            return self.go(State::Leasing(flight), Step::Lease { millis: LEASE_MS });
        }
        self.exchange(flight, ambient)
    }

    pub(super) fn exchange(&mut self, mut flight: Flight, ambient: &Ambient) -> Advance {
        let chosen = if flight.revoking {
            self.held.to_revoke(&self.settings)
        } else {
            self.choose(&flight, ambient.now)
        };
        flight.purpose = match chosen {
            Ok(Some(purpose)) => purpose,
            Ok(None) => return self.revoked(flight, false, ambient),
            Err(why) => return self.set_back(flight, why, ambient),
        };
        let single_use = flight.purpose == Purpose::Renew && self.settings.auth().replay == Replay::Unsafe;
        if single_use {
            self.held.in_doubt = true;
            if !flight.alone {
                let step = self.save();
                return self.go(State::Marking(flight), step);
            }
        }
        self.send(flight, ambient)
    }

    /// The mark was not written, so nothing was sent, and nothing is in doubt.
    pub(super) fn unmarked(&mut self, mut flight: Flight) -> Advance {
        self.held.in_doubt = false;
        flight.writes += 1;
        // A store that never takes the mark does not keep the flight for ever.
        flight.alone = flight.writes >= policy::MOST_WRITES;
        self.go(State::Loading(flight), Step::Load)
    }

    pub(super) fn send(&mut self, mut flight: Flight, ambient: &Ambient) -> Advance {
        let auth = self.settings.auth();
        let template = match flight.purpose {
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
        let request = render::request(flight.purpose, template, values)?;
        flight.sent_at = ambient.now;
        self.go(State::Exchanging(flight), Step::Send(request))
    }

    pub(super) fn answered(&mut self, mut flight: Flight, response: &Response, ambient: &Ambient) -> Advance {
        if flight.purpose == Purpose::Revoke {
            return self.revoke_answered(flight, response, ambient);
        }
        match answer::judge(response, &self.settings, &self.held.secrets(), flight.sent_at, ambient.now) {
            Verdict::Granted(fresh) => {
                let output = self.granted(&flight, fresh, ambient);
                flight.dirty = true;
                self.finish(flight, Ok(output), ambient)
            }
            Verdict::Later { denial, retry_at } => {
                self.undoubt(&flight);
                self.later(flight, Cause::Server(denial), retry_at, ambient)
            }
            Verdict::Denied(denial) if flight.purpose == Purpose::Renew => {
                self.held.in_doubt = false;
                self.renewal_refused(flight, denial, ambient)
            }
            Verdict::Denied(denial) => self.set_back(flight, Why::Denied(denial), ambient),
            // A success that cannot be read may have spent the refresh token all the same.
            Verdict::Broken(_, denial) if flight.purpose == Purpose::Renew && denial.status < 300 => {
                self.lost(flight, Cause::Server(denial), ambient)
            }
            Verdict::Broken(violation, denial) => self.broken(flight, violation, denial, ambient),
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
            FaultKind::Redirected => self.broken(flight, Violation::Redirect, nothing, ambient),
            _ => {
                self.undoubt(&flight);
                self.later(flight, Cause::Network(Fault { detail, ..fault }), None, ambient)
            }
        }
    }

    /// The renewal was not sent, or was answered: nothing is in doubt. Any other request tells nothing about it.
    pub(super) fn undoubt(&mut self, flight: &Flight) {
        if flight.purpose == Purpose::Renew {
            self.held.in_doubt = false;
        }
    }

    /// The answer to a renewal is lost: try again only where that is safe.
    pub(super) fn lost(&mut self, flight: Flight, cause: Cause, ambient: &Ambient) -> Advance {
        match self.settings.auth().replay {
            Replay::Safe => self.later(flight, cause, None, ambient),
            Replay::Unsafe => self.exchange(flight, ambient),
        }
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
        let spent = self.held.refresh.as_ref().map(|refresh| &refresh.value);
        let spent = spent.or_else(|| self.held.access.as_ref().map(|token| &token.value)).cloned();
        flight.refused = spent.map(|secret| (secret, denial));
        flight.dirty = true;
        if first && flight.leased {
            // Another process may have renewed although it should not have.
            return self.go(State::Loading(flight), Step::Load);
        }
        self.exchange(flight, ambient)
    }

    pub(super) fn granted(&mut self, flight: &Flight, fresh: Fresh, ambient: &Ambient) -> Granted {
        let margin = self.settings.auth().margin();
        let token =
            Arc::new(Token::new(fresh.access, flight.sent_at, fresh.expires_at, margin, &ambient.entropy));
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
        (self.held.lost, self.held.setback, self.held.in_doubt) = (None, None, false);
        let source = if acquired { Source::Acquired } else { Source::Renewed };
        Granted::Token { token, source, setback: None }
    }

    /// Ends a flight: what changed is stored, the lease is given back, and a failure that leaves a living token
    /// harms nobody.
    pub(super) fn finish(&mut self, flight: Flight, outcome: Outcome, ambient: &Ambient) -> Advance {
        if flight.leased && flight.dirty && flight.writes < policy::MOST_WRITES {
            let step = self.save();
            return self.go(State::Storing(Flight { writes: flight.writes + 1, ..flight }, outcome), step);
        }
        let outcome = match (outcome, &self.held.access) {
            (Err(error), Some(token)) if !flight.revoking && token.is_alive(ambient.now) => {
                let (token, setback) = (token.clone(), Some(Box::new(error)));
                Ok(Granted::Token { token, source: Source::Held, setback })
            }
            (outcome, _) => outcome,
        };
        if flight.leased {
            return self.go(State::Releasing(outcome), Step::Release);
        }
        outcome.map(|output| Step::Done { output })
    }

    pub(super) fn save(&self) -> Step<Granted> {
        let mut record = self.snapshot();
        record.held.revision += 1;
        Step::Save { record: Box::new(record), expected: self.held.revision }
    }

    /// Someone wrote although we held the lease: the token that was asked for later is the right one.
    pub(super) fn merge(
        &mut self,
        mut flight: Flight,
        mut outcome: Outcome,
        record: Option<Box<Snapshot>>,
        ambient: &Ambient,
    ) -> Advance {
        let stored = record.as_ref().map_or(0, |record| record.revision());
        if let Some(mut record) = record.filter(|record| record.key == self.settings.key()) {
            if let Some(token) = &flight.rejected {
                record.held.forget(token);
            }
            let age = |held: &Held| held.access.as_ref().map(|token| token.obtained_at);
            if !flight.revoking && age(&record.held) > age(&self.held) {
                self.held = record.held;
                flight.dirty = false;
                if let Some(token) = self.held.access.as_ref().filter(|token| token.is_alive(ambient.now)) {
                    outcome = Ok(Granted::held(token));
                }
            }
        }
        self.held.revision = stored;
        self.finish(flight, outcome, ambient)
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
