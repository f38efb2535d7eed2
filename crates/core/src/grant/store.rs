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
    fn adopt(&mut self, mut stored: Held, leased: bool) -> bool {
        let lifted = stored.lift(&self.void);
        if self.is_spent(&stored) {
            return true;
        }
        // Of one refresh token there are no two grants, whatever clocks say of it.
        let same = self.held.refresh.is_some() && stored.refresh_value() == self.held.refresh_value();
        let later = leased && !same && stored.granted_at() > self.held.granted_at();
        if stored.revision > self.held.revision || later {
            (self.held, self.unsaved) = (stored, None);
        } else if leased {
            self.doubt_as(stored);
        }
        lifted
    }

    /// Whether a record has the refresh token that was exchanged for another here, whatever others think of it.
    fn is_spent(&self, stored: &Held) -> bool {
        self.spent.is_some() && stored.refresh_value() == self.spent.as_ref()
    }

    /// A doubt about a token is not gone because a record about it is older than another.
    fn doubt_as(&mut self, stored: Held) {
        if !stored.in_doubt.is_empty() && stored.refresh_value() == self.held.refresh_value() {
            self.held.in_doubt = stored.in_doubt;
        }
    }

    /// The store did not answer to the mark, which may stand there all the same. Nothing is sent under it.
    pub(super) fn unmarkable(&mut self, mut flight: Flight, ambient: &Ambient) -> Advance {
        self.settle(&mut flight);
        flight.alone = true;
        self.exchange(flight, ambient)
    }

    /// A flight was dropped half-way. What it knew and did not write down is not lost: a mark under which nothing was
    /// sent, and whatever else the store does not have yet.
    pub(super) fn abandon(&mut self, state: &mut State, now: UnixTime) {
        match state {
            State::Marking(flight) => self.settle(flight),
            // Its first request was not sent yet.
            State::Signing(flight) if flight.step == 0 => self.settle(flight),
            _ => {}
        }
        if self.shared && state.owes() {
            self.unsaved = self.unsaved.or(Some(now));
        }
    }

    /// From when on the store is offered what it does not have. At once, if a flight was dropped: nobody may ever ask
    /// again while the token serves.
    pub(super) fn offered_at(&self) -> Option<UnixTime> {
        let dropped = self.shared && self.state.owes();
        if dropped { Some(UnixTime::default()) } else { self.unsaved }
    }

    /// The mark was not written, so nothing was sent, and no more is in doubt than was before.
    pub(super) fn not_marked(&mut self, mut flight: Flight) -> Advance {
        self.held.lift(flight.mark.as_slice());
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

    /// The store took the record. Of what was offered to it before, it takes nothing any more.
    pub(super) fn saved(&mut self) {
        self.held.revision += 1;
        self.void.clear();
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
            let lifted = record.held.lift(&self.void);
            let spent = self.is_spent(&record.held);
            // Without a grant of its own this flight knows nothing of tokens that the newer record does not.
            let made = matches!(&outcome, Ok(Granted::Token { source, .. }) if *source != Source::Held);
            let newer = !made && stored > self.held.revision;
            let take = newer || record.held.granted_at() > self.held.granted_at();
            if !flight.revoking && !spent && take {
                let setback = self.held.setback.take();
                (self.held, flight.dirty) = (record.held, forgot || lifted);
                let now = self.settled(ambient.now);
                if let Some(token) = self.held.access.as_ref().filter(|token| token.is_alive(now)) {
                    outcome = Ok(Granted::held(token));
                } else if self.held.setback.is_none() && setback.is_some() {
                    (self.held.setback, flight.dirty) = (setback, true);
                }
            } else if !spent {
                self.doubt_as(record.held);
            }
        }
        self.held.revision = stored;
        self.finish(flight, outcome, ambient)
    }
}
