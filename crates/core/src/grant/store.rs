//! A flight and the store: what was kept by others, and what is kept for them.

use super::{Advance, Flight, Grant, Granted, Outcome, Reading, Source, State, policy};
use crate::error::Cause;
use crate::flow::{Ambient, Step};
use crate::snapshot::{Held, Snapshot, Why, store_fault};
use crate::time::UnixTime;

impl Grant {
    /// Another process holds the lease: it may renew for us.
    pub(super) fn queue(&mut self, mut flight: Flight, ambient: &Ambient) -> Advance {
        match self.read(ambient.now) {
            // Whoever knows more than the store waits for the chance to write it down.
            Reading::Fresh(token) | Reading::Due(token)
                if !flight.revoking && flight.takes(token) && self.unsaved.is_none() =>
            {
                return Ok(Step::Done { output: Granted::held(token) });
            }
            _ => {}
        }
        flight.queued += 1;
        if flight.queued == 1 {
            flight.queued_since = ambient.now;
        }
        match policy::queue_pause(flight.queued, ambient.now.since(flight.queued_since), ambient) {
            Some(millis) => self.go(State::Queueing(flight), Step::Sleep { millis }),
            None => self.set_back(flight, Why::Exhausted(Cause::Network(store_fault())), ambient),
        }
    }

    pub(super) fn loaded(
        &mut self,
        mut flight: Flight,
        record: Option<Box<Snapshot>>,
        ambient: &Ambient,
    ) -> Advance {
        let stored = record.as_ref().map_or(0, |record| record.revision());
        let record = record.filter(|record| record.key == self.settings.key());
        let behind = record.is_some_and(|record| self.adopt(record.held, flight.leased.is_some()));
        flight.dirty |= behind;
        if flight.leased.is_some() {
            // What is held is written over what is there, also if the store was emptied or put back.
            self.held.revision = stored;
        }
        // Another process may have another clock.
        self.look(ambient.now);
        self.decide(flight, ambient)
    }

    /// Takes a record that is newer than what is held. A rejected token in it is dropped by `decide`. Whether it is
    /// behind what is known here, and must be written again.
    ///
    /// A store that was put back has other records under the same revisions: then the later grant is the right one.
    fn adopt(&mut self, stored: Held, leased: bool) -> bool {
        if self.is_behind(&stored) {
            return true;
        }
        // Of one refresh token there are no two grants, whatever clocks say of it.
        let same = self.held.refresh.is_some() && stored.refresh_value() == self.held.refresh_value();
        let later = leased && !same && stored.granted_at() > self.held.granted_at();
        if stored.revision > self.held.revision || later {
            (self.held, self.unsaved) = (stored, None);
            self.forget_mark();
        } else {
            self.doubt_as(&stored);
        }
        false
    }

    /// Whether a record knows less than this process: it has our own mark, of which we know what came; or the refresh
    /// token that we have exchanged for another, whatever others think of it.
    fn is_behind(&self, stored: &Held) -> bool {
        let Some((since, token)) = &self.known else { return false };
        let exchanged = self.held.refresh_value() != token.as_ref();
        stored.refresh_value() == token.as_ref() && (exchanged || stored.in_doubt == Some(*since))
    }

    /// A mark of a refresh token that is no longer held matters to nobody.
    fn forget_mark(&mut self) {
        let token = self.held.refresh_value();
        self.known.take_if(|known| known.1.as_ref() != token);
    }

    /// A doubt about a token is not gone because a record about it is older than another.
    fn doubt_as(&mut self, stored: &Held) {
        if stored.in_doubt.is_some() && stored.refresh_value() == self.held.refresh_value() {
            self.held.in_doubt = stored.in_doubt;
        }
    }

    /// The store did not answer to the mark, which may stand there all the same. Nothing is sent under it.
    pub(super) fn unmarkable(&mut self, mut flight: Flight, ambient: &Ambient) -> Advance {
        self.settle(&flight);
        (flight.alone, flight.dirty) = (true, true);
        self.exchange(flight, ambient)
    }

    /// The mark stands, but its lease is over: it is taken off before anything else.
    pub(super) fn unmark(&mut self, flight: Flight) -> Advance {
        self.settle(&flight);
        let step = self.save();
        self.go(State::Unmarking(flight), step)
    }

    /// A flight was dropped half-way. What it knew and did not write down is not lost: a mark under which nothing was
    /// sent, and whatever else the store does not have yet.
    pub(super) fn abandon(&mut self, state: &State, now: UnixTime) {
        let unsaved = match state {
            State::Marking(flight) | State::Unmarking(flight) => {
                self.settle(flight);
                true
            }
            State::Idle | State::Releasing(_) => false,
            State::Loading(flight)
            | State::Leasing(flight)
            | State::Queueing(flight)
            | State::Signing(flight)
            | State::Exchanging(flight)
            | State::Pausing(flight)
            | State::Yielding(flight)
            | State::Storing(flight, _)
            | State::Merging(flight, _) => flight.dirty,
        };
        if self.shared && unsaved {
            self.unsaved = self.unsaved.or(Some(now));
        }
    }

    /// The mark was not written, so nothing was sent, and no more is in doubt than was before.
    pub(super) fn not_marked(&mut self, mut flight: Flight) -> Advance {
        self.held.in_doubt = flight.prior;
        flight.writes += 1;
        // A store that never takes the mark does not keep the flight for ever.
        flight.alone = flight.writes >= policy::MOST_WRITES;
        self.go(State::Loading(flight), Step::Load)
    }

    /// Ends a flight: what changed is stored, the lease is given back, and a failure that leaves a living token
    /// harms nobody.
    pub(super) fn finish(&mut self, mut flight: Flight, outcome: Outcome, ambient: &Ambient) -> Advance {
        self.look(ambient.now);
        // A mark in the store that is known to be over is taken off, unless there is another one over it.
        flight.dirty |= self.known.is_some() && self.held.in_doubt.is_none();
        if flight.leased.is_some() && flight.dirty && flight.writes < policy::MOST_WRITES {
            let step = self.save();
            return self.go(State::Storing(Flight { writes: flight.writes + 1, ..flight }, outcome), step);
        }
        self.unsaved = (self.shared && flight.dirty).then(|| ambient.now.after(policy::LATER));
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
            let forgot = flight.rejected.as_ref().is_some_and(|token| record.held.forget(token));
            let known = self.is_behind(&record.held);
            // Without a grant of its own this flight knows nothing of tokens that the newer record does not.
            let made = matches!(&outcome, Ok(Granted::Token { source, .. }) if *source != Source::Held);
            let newer = !made && stored > self.held.revision;
            let take = newer || record.held.granted_at() > self.held.granted_at();
            if !flight.revoking && !known && take {
                let setback = self.held.setback.take();
                (self.held, flight.dirty) = (record.held, forgot);
                self.forget_mark();
                let now = self.settled(ambient.now);
                if let Some(token) = self.held.access.as_ref().filter(|token| token.is_alive(now)) {
                    outcome = Ok(Granted::held(token));
                } else if self.held.setback.is_none() && setback.is_some() {
                    (self.held.setback, flight.dirty) = (setback, true);
                }
            } else if !known {
                self.doubt_as(&record.held);
            }
        }
        self.held.revision = stored;
        self.finish(flight, outcome, ambient)
    }
}
