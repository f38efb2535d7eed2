//! What the fleet knows of its token requests, and what it must therefore be able to do when all is well again.

use super::watch::{Breach, Invariant, Known};
use super::world::{Run, World};
use grantline_core::{Event, FaultKind};
use std::collections::BTreeSet;

impl World {
    /// What a worker learns from what comes back to it.
    pub(crate) fn learned(&mut self, w: usize, event: &Event) {
        let now = self.now;
        let Some(flight) = self.workers[w].flight.as_mut() else { return };
        if flight.at_store {
            let waited = now - flight.op_at;
            self.workers[w].store_ms += waited;
            return self.store_said(w, event);
        }
        let Some(exchange) = flight.exchange.take() else { return };
        let exchange = &mut self.watch.exchanges[exchange];
        exchange.known = known(event);
        let (known, refresh) = (exchange.known, exchange.refresh.clone());
        let answered = matches!(event, Event::Response(response) if matches!(response.status, 400 | 401));
        if known == Known::Nothing {
            self.watch.doubtful.extend(refresh.clone());
        }
        if answered && refresh.is_some() {
            // It was sent once more, within its grace or because a person dared, and now it is known what became of it.
            let earlier = self.watch.exchanges.iter_mut().filter(|earlier| earlier.refresh == refresh);
            earlier.for_each(|earlier| earlier.known = Known::Refused);
        }
    }

    fn store_said(&mut self, w: usize, event: &Event) {
        let Some(flight) = self.workers[w].flight.as_mut() else { return };
        flight.blind |= matches!(event, Event::Failed(_));
        match event {
            Event::Leased(true) => flight.leased = true,
            Event::Leased(false) => flight.owner = None,
            // Perhaps it was given all the same.
            Event::Failed(_) if !flight.leased => {
                let owner = flight.owner.take();
                self.give_back(w, owner);
            }
            _ => {}
        }
    }

    /// A flight ends without having heard the answer, perhaps with all that its process knew.
    pub(crate) fn knowledge_lost(&mut self, w: usize, died: bool) {
        if let Some(flight) = &self.workers[w].flight {
            self.watch.doubtful.extend(flight.marked.clone());
            if let Some(exchange) = flight.exchange {
                let exchange = &mut self.watch.exchanges[exchange];
                exchange.known = Known::Nothing;
                self.watch.doubtful.extend(exchange.refresh.clone());
            }
        }
        let refresh = self.workers[w].memory().refresh.filter(|_| died);
        if let Some(stored) = self.store.record()
            && stored.in_doubt
            && stored.refresh == refresh
        {
            // It may have known that the server said no, and could not write that down.
            self.watch.doubtful.extend(refresh);
        }
    }

    /// Whether the fleet can and must be well again without a person.
    pub(crate) fn must_heal(&self) -> bool {
        if self.profile.acquire {
            return true;
        }
        // Whoever puts back an old record puts back a spent refresh token, and what came after it is gone.
        if self.profile.unsafe_to_repeat() && self.store.restored_at.is_some() {
            return false;
        }
        let written = self.store.written().filter_map(|record| record.refresh.clone());
        let held =
            self.workers.iter().filter(|worker| worker.up).filter_map(|worker| worker.memory().refresh);
        let known: BTreeSet<String> = written.chain(held).chain(["r0".to_owned()]).collect();
        known.iter().any(|refresh| {
            let doubtful = self.profile.unsafe_to_repeat() && self.watch.doubtful.contains(refresh);
            self.server.accepts(refresh) && !doubtful
        })
    }

    /// A caller is not served although everything has been well for hours.
    pub(crate) fn not_healed(&self, caller: usize, words: &str) -> Run {
        if !self.watch.must_heal {
            return Ok(());
        }
        let worker = Some(self.callers[caller].worker);
        Err(Breach::new(Invariant::NothingLost, worker, format!("c{caller} is not served: {words}")))
    }
}

fn known(event: &Event) -> Known {
    match event {
        Event::Response(response) if response.status < 300 => {
            if response.body.contains("access_token") {
                Known::Done
            } else {
                Known::Nothing
            }
        }
        Event::Response(_) => Known::Refused,
        Event::Failed(fault) if fault.kind == FaultKind::Unreachable => Known::NotSent,
        _ => Known::Nothing,
    }
}
