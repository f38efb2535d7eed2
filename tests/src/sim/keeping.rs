//! What lies between a worker and the store.

use super::Bug;
use super::lines;
use super::profile::{Fault, Leases};
use super::store::{Command, Record};
use super::watch::{Breach, Invariant};
use super::world::{Run, What, World, note};
use grantline_core::{Event, Fault as Failure, FaultKind, Granted, Step};

/// How long an adapter waits for its store.
pub(crate) const PATIENCE: u64 = 2000;

impl World {
    /// Does a step of the store.
    pub(crate) fn keep(&mut self, w: usize, step: Step<Granted>) -> Run {
        let op = self.operation(w);
        let owner = self.number();
        let (now, life) = (self.now, self.workers[w].life);
        let Some(flight) = self.workers[w].flight.as_mut() else { return Ok(()) };
        flight.at_store = true;
        let command = match step {
            Step::Lease { millis } => {
                (flight.owner, flight.lease_asked_at) = (Some(owner), now);
                flight.lease_ends = self.store.end(now, millis);
                Command::Lease { owner, millis }
            }
            Step::Save { record, expected } => {
                let record = Record::of(&record);
                flight.marked = record.refresh.clone().filter(|_| record.in_doubt);
                Command::Save { record, expected }
            }
            Step::Release => match flight.owner.take() {
                Some(owner) => {
                    flight.leased = false;
                    Command::Release { owner }
                }
                None => {
                    return Err(Breach::new(
                        Invariant::NoMisuse,
                        Some(w),
                        "a lease is given back that is not held",
                    ));
                }
            },
            _ => Command::Load { owner: flight.owner.filter(|_| flight.leased) },
        };
        if let (Command::Release { owner }, Leases::Locked) = (&command, self.profile.leases) {
            // A lock goes with its handle, whatever happens.
            self.store.release(*owner);
            self.soon(1, What::Deliver { worker: w, op, event: Event::Released });
            return Ok(());
        }
        self.soon(PATIENCE, What::Deliver { worker: w, op, event: store_fault() });
        self.carry(w, life, op, command);
        Ok(())
    }

    fn carry(&mut self, worker: usize, life: u32, op: u64, command: Command) {
        let (out, back) = (self.store_leg(), self.store_leg());
        if self.roll(Fault::StoreFails) {
            self.soon(out, What::Deliver { worker, op, event: store_fault() });
            return;
        }
        let silent = self.roll(Fault::StoreForgetsToSay);
        if silent && self.rng.bool() {
            self.soon(out + back, What::Deliver { worker, op, event: store_fault() });
        }
        self.soon(out, What::Command { worker, life, op, command, back: (!silent).then_some(back) });
    }

    fn store_leg(&mut self) -> u64 {
        if self.roll(Fault::StoreSlow) { self.spread(500, 8000) } else { self.rng.u64(1..=8) }
    }

    /// A command reaches the store.
    pub(crate) fn command(
        &mut self,
        w: usize,
        life: u32,
        op: u64,
        command: Command,
        back: Option<u64>,
    ) -> Run {
        if self.now < self.store.down_until {
            if back.is_some_and(|back| back % 2 == 0) {
                self.soon(1, What::Deliver { worker: w, op, event: store_fault() });
            }
            return Ok(());
        }
        let waits = self.workers[w].flight.as_ref().is_some_and(|flight| flight.op == op);
        let in_vain = self.workers[w].life != life || (matches!(command, Command::Lease { .. }) && !waits);
        if self.profile.leases == Leases::Locked && in_vain {
            // A dead process touches no file, and a lock that nobody waits for goes with its handle.
            return Ok(());
        }
        let lag = self.lag(&command);
        let planted = self.plant(&command);
        let told = self.plan.trace.then(|| lines::command(&command));
        let Some(event) = self.store.execute(self.now, w, planted, lag) else {
            return Err(Breach::new(Invariant::NoMisuse, Some(w), "a stored record cannot be read"));
        };
        if let Some(told) = told {
            note!(self, None, "store: {told} for w{w}, {lag} ms old: {}", event.name());
        }
        if let Some(back) = back {
            let event = self.plant_answer(event);
            self.soon(back, What::Deliver { worker: w, op, event });
        }
        Ok(())
    }

    /// How old the record may be that a reader is shown.
    fn lag(&mut self, command: &Command) -> u64 {
        let Command::Load { owner } = command else { return 0 };
        let holds = owner.is_some() && self.store.held_by(self.now) == *owner;
        let fault = if holds { Fault::StaleUnderLease } else { Fault::Stale };
        if self.roll(fault) {
            let most = if holds { 2000 } else { 60_000 };
            return self.spread(5, most);
        }
        0
    }

    fn plant(&self, command: &Command) -> Command {
        let mut command = command.clone();
        if let Command::Save { record, expected } = &mut command {
            if self.has(Bug::StoreIgnoresExpected) {
                *expected = self.store.record().map_or(0, |stored| stored.revision);
            }
            if self.has(Bug::StoreDropsRefresh)
                && let Some(refresh) = &record.refresh
            {
                record.text = record.text.replace(&format!(r#""refresh":{{"value":"{refresh}"}},"#), "");
                record.refresh = None;
            }
        }
        command
    }

    fn plant_answer(&self, event: Event) -> Event {
        match event {
            Event::Leased(false) if self.has(Bug::IgnoresLease) => Event::Leased(true),
            Event::Loaded(_) if self.has(Bug::MistakesEvents) => Event::Woke,
            Event::Loaded(_) if self.has(Bug::NeverLoads) => Event::Loaded(None),
            event => event,
        }
    }

    /// An adapter that has no more use for its lease gives it back, as well as it can.
    pub(crate) fn give_back(&mut self, worker: usize, owner: Option<u64>) {
        let Some(owner) = owner else { return };
        if self.profile.leases == Leases::Locked {
            self.store.release(owner);
            return;
        }
        let (life, delay) = (self.workers[worker].life, self.store_leg());
        let command = Command::Release { owner };
        self.soon(delay, What::Command { worker, life, op: 0, command, back: None });
    }
}

/// What an adapter says when the store does not do what it is asked for.
fn store_fault() -> Event {
    Event::Failed(Failure::new(FaultKind::Store, "out of reach"))
}
