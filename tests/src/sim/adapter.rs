//! A worker: a process with a real grant, driven as the adapters do it. One flight at a time, and everybody waits.

use super::Bug;
use super::lines;
use super::profile::Fault;
use super::store::Record;
use super::watch::{Breach, Invariant};
use super::world::{Run, What, World, note};
use grantline_core::{Ambient, Error, Event, Flow, Grant, Granted, Reading, Settings, Step, Token, UnixTime};
use std::sync::Arc;

/// One process.
pub(crate) struct Worker {
    pub(crate) grant: Grant,
    /// How often it was started.
    pub(crate) life: u32,
    pub(crate) up: bool,
    pub(crate) asleep: bool,
    pub(crate) wakes_at: u64,
    /// What happened while it stood still.
    late: Vec<Late>,
    /// How far its clock is ahead.
    pub(crate) skew: i64,
    pub(crate) flight: Option<Flight>,
    /// When it last stood still, or its clock jumped.
    pub(crate) disturbed_at: u64,
    /// Whether a person waits for the end of a flight to ask for a new token.
    pub(crate) insists: bool,
    /// How long it has waited for the store, all in all.
    pub(crate) store_ms: u64,
}

enum Late {
    Event { op: u64, event: Event },
    Step { flight: u64, step: Step<Granted> },
}

/// A run of the grant, and who waits for it.
pub(crate) struct Flight {
    pub(crate) number: u64,
    /// Whether a person asked for a new token.
    pub(crate) anew: bool,
    /// What is waited for; zero if nothing is.
    pub(crate) op: u64,
    pub(crate) op_at: u64,
    /// Whether that is the store.
    pub(crate) at_store: bool,
    pub(crate) waiting: Vec<usize>,
    /// Who began it, if somebody waits for it.
    pub(crate) own: Option<usize>,
    /// The lease that it asked for, and whether it was given.
    pub(crate) owner: Option<u64>,
    pub(crate) leased: bool,
    /// When the store ends the lease by itself.
    pub(crate) lease_ends: Option<u64>,
    pub(crate) lease_asked_at: u64,
    /// Whether the store failed it.
    pub(crate) blind: bool,
    pub(crate) began_at: u64,
    /// When the grant last said what to do; a worker may stand still before it does it.
    pub(crate) decided_at: u64,
    /// The refresh token that it marked as being in use.
    pub(crate) marked: Option<String>,
    /// Its present token request.
    pub(crate) exchange: Option<usize>,
}

impl Worker {
    pub(crate) fn new(settings: &Arc<Settings>, life: u32) -> Self {
        Self {
            grant: Grant::shared(settings.clone()),
            life,
            up: true,
            asleep: false,
            wakes_at: 0,
            late: Vec::new(),
            skew: 0,
            flight: None,
            disturbed_at: 0,
            insists: false,
            store_ms: 0,
        }
    }

    /// What the process holds.
    pub(crate) fn memory(&self) -> Record {
        Record::of(&self.grant.snapshot())
    }

    /// A new process in the place of the old one.
    pub(crate) fn renewed(&mut self, settings: &Arc<Settings>) {
        *self = Self { skew: self.skew, store_ms: self.store_ms, ..Self::new(settings, self.life + 1) };
    }
}

impl World {
    /// What the worker's clock shows.
    pub(crate) fn clock(&self, worker: usize) -> UnixTime {
        UnixTime::from_millis(self.now.saturating_add_signed(self.workers[worker].skew))
    }

    /// Serves a caller from memory, or seats it in the flight that is under way, or in a new one.
    pub(crate) fn board(&mut self, caller: usize) -> Run {
        let (w, rejected) = (self.callers[caller].worker, self.callers[caller].rejected.clone());
        let now = self.clock(w);
        let worker = &mut self.workers[w];
        worker.grant.observe(now, now);
        let present = match worker.grant.read(now) {
            Reading::Fresh(token) => Some((token.clone(), false)),
            Reading::Due(token) => Some((token.clone(), true)),
            Reading::Stale => None,
        };
        let present = present.filter(|(token, _)| !is(&rejected, token));
        match (present, &mut worker.flight) {
            (Some((token, false)), _) | (Some((token, true)), Some(_)) => self.served(caller, &token),
            (None, Some(flight)) => {
                flight.waiting.push(caller);
                Ok(())
            }
            (Some((token, true)), None) => {
                self.begin(w, Event::START, Vec::new())?;
                self.served(caller, &token)
            }
            (None, None) => self.begin(w, Event::Start { rejected }, vec![caller]),
        }
    }

    /// A person wants a new token, now or after the flight that is under way.
    pub(crate) fn insist(&mut self, w: usize) -> Run {
        let worker = &mut self.workers[w];
        worker.insists = worker.up && worker.flight.is_some();
        if !worker.up || worker.asleep || worker.insists {
            return Ok(());
        }
        self.tally.insisted += 1;
        self.begin(w, Event::Renew, Vec::new())
    }

    fn begin(&mut self, w: usize, event: Event, waiting: Vec<usize>) -> Run {
        let number = self.number();
        self.workers[w].flight = Some(Flight {
            number,
            anew: event == Event::Renew,
            op: 0,
            op_at: 0,
            own: waiting.first().copied(),
            at_store: false,
            waiting,
            owner: None,
            leased: false,
            lease_ends: None,
            lease_asked_at: 0,
            blind: false,
            began_at: self.now,
            decided_at: self.now,
            marked: None,
            exchange: None,
        });
        self.fly(w, event)
    }

    /// Something comes back to a worker.
    pub(crate) fn deliver(&mut self, w: usize, op: u64, event: Event) -> Run {
        let worker = &mut self.workers[w];
        let Some(flight) = worker.flight.as_mut().filter(|flight| flight.op == op) else { return Ok(()) };
        if worker.asleep {
            worker.late.push(Late::Event { op, event });
            return Ok(());
        }
        flight.op = 0;
        if self.roll(Fault::Abandon) {
            return self.abandon(w);
        }
        self.learned(w, &event);
        self.fly(w, event)
    }

    /// Gives the grant an event and does what it says, unless the worker is interrupted.
    fn fly(&mut self, w: usize, event: Event) -> Run {
        if self.interrupted_before(w) {
            return Ok(());
        }
        let step = match self.advance(w, event)? {
            Ok(Step::Done { output }) => return self.land(w, &Ok(output)),
            Err(error) => return self.land(w, &Err(error)),
            Ok(step) => step,
        };
        let now = self.now;
        let flight = self.workers[w].flight.as_mut().map_or(0, |flight| {
            flight.decided_at = now;
            flight.number
        });
        match self.interrupted_after(w) {
            _ if !self.workers[w].up || self.workers[w].flight.is_none() => Ok(()),
            true => {
                self.workers[w].late.push(Late::Step { flight, step });
                Ok(())
            }
            false => self.perform(w, step),
        }
    }

    fn advance(&mut self, w: usize, event: Event) -> Run<Result<Step<Granted>, Error>> {
        let mut entropy = [0; 32];
        self.rng.fill(&mut entropy);
        let mut now = self.clock(w);
        if self.has(Bug::ClockAhead) {
            now = UnixTime::from_millis(now.as_millis() + 86_400_000);
        }
        let ambient = Ambient::new(now, entropy);
        let told = self.plan.trace.then(|| lines::event(&event));
        let before = self.workers[w].grant.state();
        let step = self.workers[w].grant.advance(event, &ambient);
        if let Some(told) = told {
            let (after, memory) = (self.workers[w].grant.state(), self.workers[w].memory());
            let (did, held) = (lines::step(&step), lines::held(&memory));
            note!(self, Some(w), "{told} -> {did}   [{before} -> {after}] {held}");
        }
        match step {
            Err(error @ (Error::Misuse { .. } | Error::Settings(_) | Error::Connector(_))) => {
                Err(Breach::new(Invariant::NoMisuse, Some(w), error.to_string()))
            }
            step => Ok(step),
        }
    }

    fn perform(&mut self, w: usize, step: Step<Granted>) -> Run {
        match step {
            Step::Send(request) => self.send(w, &request),
            Step::Sleep { .. } if self.has(Bug::NeverWakes) => Ok(()),
            Step::Sleep { millis } => {
                let op = self.operation(w);
                self.soon(millis, What::Deliver { worker: w, op, event: Event::Woke });
                Ok(())
            }
            Step::Load | Step::Lease { .. } | Step::Save { .. } | Step::Release => self.keep(w, step),
            Step::Sign(_) | Step::Authorize { .. } | Step::Done { .. } => {
                Err(Breach::new(Invariant::NoMisuse, Some(w), "a grant asks for what it cannot"))
            }
        }
    }

    /// The number of what the worker's flight waits for from now on.
    pub(crate) fn operation(&mut self, w: usize) -> u64 {
        let (op, now) = (self.number(), self.now);
        if let Some(flight) = &mut self.workers[w].flight {
            (flight.op, flight.op_at, flight.at_store) = (op, now, false);
        }
        op
    }

    fn land(&mut self, w: usize, outcome: &Result<Granted, Error>) -> Run {
        let Some(flight) = self.workers[w].flight.take() else { return Ok(()) };
        self.give_back(w, flight.owner);
        let own = flight.own;
        for caller in flight.waiting {
            let rejected = &self.callers[caller].rejected;
            match outcome {
                // This flight knew nothing of the rejection.
                Ok(Granted::Token { token, .. })
                    if is(rejected, token) && own != Some(caller) && !self.has(Bug::ReturnsRejected) =>
                {
                    self.board(caller)?;
                }
                Ok(Granted::Token { token, .. }) => self.served(caller, token)?,
                Ok(Granted::Revoked { .. }) => {
                    return Err(Breach::new(Invariant::NoMisuse, Some(w), "a token was revoked unasked"));
                }
                Err(error) => self.failed(caller, error)?,
            }
        }
        if self.workers[w].insists { self.insist(w) } else { Ok(()) }
    }

    /// Goes on after a standstill with whatever has come meanwhile.
    pub(crate) fn catch_up(&mut self, w: usize) -> Run {
        for late in std::mem::take(&mut self.workers[w].late) {
            match late {
                Late::Event { op, event } => self.deliver(w, op, event)?,
                Late::Step { flight, step } => {
                    if self.workers[w].flight.as_ref().is_some_and(|now| now.number == flight) {
                        self.perform(w, step)?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Whether this is the token that the API refused.
fn is(rejected: &Option<Arc<Token>>, token: &Token) -> bool {
    rejected.as_ref().is_some_and(|rejected| rejected.value == token.value)
}
