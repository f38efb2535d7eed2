//! A flight's decisions: serve what is at hand, lease, or ask the server.

use super::{Advance, Flight, Grant, Granted, LEASE_MS, Reading, State};
use crate::flow::{Ambient, Step};
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

    /// With all that is known: serve, lease, or ask the server.
    pub(super) fn decide(&mut self, mut flight: Flight, ambient: &Ambient) -> Advance {
        match self.held.seed(&self.settings, ambient.now) {
            Ok(dirty) => flight.dirty |= dirty,
            Err(error) => return self.finish(flight, Err(error.into()), ambient),
        }
        if let Some(token) = &flight.rejected {
            flight.dirty |= self.held.forget(token);
        }
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
}
