//! A flight's decisions: serve what is at hand, lease, or ask the server.

use super::{Advance, Flight, Grant, Granted, Reading, State, policy};
use crate::error::Cause;
use crate::flow::{Ambient, Step};
use crate::snapshot::{Why, store_fault};
use crate::token::Token;
use std::sync::Arc;

impl Flight {
    /// Whether this token is new enough for whoever asked.
    pub(super) fn takes(&self, token: &Token) -> bool {
        self.anew.is_none_or(|asked| token.obtained_at > asked)
    }
}

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

    /// With all that is known: serve, lease, or ask the server.
    pub(super) fn decide(&mut self, mut flight: Flight, ambient: &Ambient) -> Advance {
        flight.dirty |= self.unsaved.is_some();
        match self.held.seed(&self.settings, ambient.now) {
            Ok(dirty) => flight.dirty |= dirty,
            Err(error) => return self.finish(flight, Err(error.into()), ambient),
        }
        if let Some(token) = &flight.rejected {
            flight.dirty |= self.held.forget(token);
        }
        let may_write = flight.alone || flight.leased.is_some();
        if !flight.revoking && (may_write || !flight.dirty) {
            if let Reading::Fresh(token) = self.reading(ambient.now)
                && flight.takes(token)
            {
                let output = Granted::held(token);
                return self.finish(flight, Ok(output), ambient);
            }
            if let Some(setback) = self.held.setback(ambient.now).filter(|_| flight.anew.is_none()) {
                let error = setback.error();
                return self.finish(flight, Err(error), ambient);
            }
        }
        if !may_write {
            flight.leased = Some(ambient.now.after(policy::LEASE));
            let millis = u64::try_from(policy::LEASE.as_millis()).unwrap_or(u64::MAX);
            return self.go(State::Leasing(flight), Step::Lease { millis });
        }
        self.exchange(flight, ambient)
    }

    /// The lease may end before an answer comes: it is given back, and asked for again.
    pub(super) fn give_way(&mut self, mut flight: Flight, ambient: &Ambient) -> Advance {
        flight.yields += 1;
        if flight.yields > policy::MOST_YIELDS {
            return self.set_back(flight, Why::Exhausted(Cause::Network(store_fault())), ambient);
        }
        flight.leased = None;
        self.go(State::Yielding(flight), Step::Release)
    }
}
