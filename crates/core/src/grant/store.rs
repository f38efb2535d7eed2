//! A flight and the store: what was kept by others, and what is kept for them.

use super::{Advance, Flight, Grant, Granted, Outcome, Reading, Source, State, policy};
use crate::error::{Cause, Error};
use crate::flow::{Ambient, Step};
use crate::snapshot::{Held, Snapshot, store_fault};

impl Grant {
    /// Another process holds the lease: it may renew for us.
    pub(super) fn queue(&mut self, mut flight: Flight, ambient: &Ambient) -> Advance {
        match self.read(ambient.now) {
            Reading::Fresh(token) | Reading::Due(token) if !flight.revoking && flight.takes(token) => {
                return Ok(Step::Done { output: Granted::held(token) });
            }
            _ => {}
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
        flight: Flight,
        record: Option<Box<Snapshot>>,
        ambient: &Ambient,
    ) -> Advance {
        let stored = record.as_ref().map_or(0, |record| record.revision());
        self.adopt(record);
        // Another process may have another clock.
        self.look(ambient.now);
        if flight.leased.is_some() && stored < self.held.revision {
            // The store was emptied or put back: our record is written over what is there.
            self.held.revision = stored;
        }
        self.decide(flight, ambient)
    }

    /// Takes a record that is newer than what is held. A rejected token in it is dropped by `decide`.
    fn adopt(&mut self, record: Option<Box<Snapshot>>) {
        let (key, revision) = (self.settings.key(), self.held.revision);
        if let Some(record) = record.filter(|record| record.key == key && record.revision() > revision) {
            self.held = record.held;
        }
    }

    /// The mark was not written, so nothing was sent, and nothing is in doubt.
    pub(super) fn unmarked(&mut self, mut flight: Flight) -> Advance {
        self.held.in_doubt = None;
        flight.writes += 1;
        // A store that never takes the mark does not keep the flight for ever.
        flight.alone = flight.writes >= policy::MOST_WRITES;
        self.go(State::Loading(flight), Step::Load)
    }

    /// Ends a flight: what changed is stored, the lease is given back, and a failure that leaves a living token
    /// harms nobody.
    pub(super) fn finish(&mut self, flight: Flight, outcome: Outcome, ambient: &Ambient) -> Advance {
        self.look(ambient.now);
        if flight.leased.is_some() && flight.dirty && flight.writes < policy::MOST_WRITES {
            let step = self.save();
            return self.go(State::Storing(Flight { writes: flight.writes + 1, ..flight }, outcome), step);
        }
        let outcome = match (outcome, &self.held.access) {
            (Err(error), Some(token)) if !flight.revoking && token.is_alive(self.settled(ambient.now)) => {
                let (token, setback) = (token.clone(), Some(Box::new(error)));
                Ok(Granted::Token { token, source: Source::Held, setback })
            }
            (outcome, _) => outcome,
        };
        if flight.leased.is_some() {
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
                if let Some(token) =
                    self.held.access.as_ref().filter(|token| token.is_alive(self.settled(ambient.now)))
                {
                    outcome = Ok(Granted::held(token));
                }
            }
        }
        self.held.revision = stored;
        self.finish(flight, outcome, ambient)
    }
}
