//! Crashes, standstills, clocks that jump, and what befalls the store and the server: when, and what it does.

use super::adapter::Worker;
use super::profile::Fault;
use super::world::{BEGINNING, Run, What, World, note};

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;
/// How long after the last fault everything must be well again: no failure is remembered for longer than an hour.
const RECOVERY: u64 = 2 * HOUR + HOUR / 2;

impl World {
    /// Puts everything that is known beforehand into the queue.
    pub(crate) fn prepare(&mut self) {
        if self.profile.chance(Fault::Skew) > 0 {
            for worker in &mut self.workers {
                worker.skew = self.rng.i64(-5000..=5000);
                self.tally.faults[Fault::Skew as usize] += 1;
            }
        }
        let horizon = self.profile.horizon;
        let mut at = 0;
        for _ in 0..self.profile.calls {
            // Some come together.
            at = if self.rng.u8(..3) == 0 { at + self.rng.u64(..3) } else { self.rng.u64(..horizon) };
            let worker = self.rng.usize(..self.profile.workers);
            self.soon(at, What::Arrive { worker });
        }
        for _ in 0..self.profile.insists {
            let (at, worker) = (self.rng.u64(..horizon), self.rng.usize(..self.profile.workers));
            self.soon(at, What::Insist { worker });
        }
        for tick in 1..20 {
            self.soon(horizon / 20 * tick, What::Tick);
        }
        self.soon(horizon, What::Heal);
        self.soon(horizon + RECOVERY, What::Finale);
        // A clock that was ahead made pauses which count from when it was set right, as far as its process can know. None
        // is longer than an hour.
        self.soon(horizon + RECOVERY + HOUR + 60_000, What::Finale);
        self.soon(horizon + RECOVERY + HOUR + 65_000, What::Finale);
    }

    /// Whether the worker goes no further, before it has seen what came back to it.
    pub(crate) fn interrupted_before(&mut self, w: usize) -> bool {
        let life = self.workers[w].life;
        if self.roll(Fault::Crash) {
            if self.rng.bool() {
                self.crash(w, life);
                return true;
            }
            let delay = self.spread(1, 60_000);
            self.soon(delay, What::Crash { worker: w, life });
        }
        if self.roll(Fault::Suspend) {
            let delay = self.spread(1, 60_000);
            self.soon(delay, What::Suspend { worker: w, life });
        }
        false
    }

    /// Whether the worker goes no further, before it has done what the grant wants.
    pub(crate) fn interrupted_after(&mut self, w: usize) -> bool {
        let life = self.workers[w].life;
        if self.roll(Fault::Jump) {
            let by = self.jump();
            self.shift(w, by);
        }
        if self.roll(Fault::Crash) {
            self.crash(w, life);
        } else if self.roll(Fault::Suspend) {
            self.suspend(w, life);
            return true;
        }
        false
    }

    pub(crate) fn crash(&mut self, w: usize, life: u32) {
        if !self.workers[w].up || self.workers[w].life != life {
            return;
        }
        note!(self, Some(w), "dies");
        self.knowledge_lost(w, true);
        self.workers[w].up = false;
        self.workers[w].flight = None;
        self.store.died(w);
        let delay = self.spread(100, 600_000);
        self.soon(delay, What::Restart { worker: w, life });
    }

    pub(crate) fn restart(&mut self, w: usize, life: u32) {
        if self.workers[w].life == life {
            note!(self, Some(w), "begins again");
            self.workers[w].renewed(&self.settings);
        }
    }

    /// The adapter drops its flight, and those who waited begin afresh.
    pub(crate) fn abandon(&mut self, w: usize) -> Run {
        note!(self, Some(w), "drops its flight");
        self.knowledge_lost(w, false);
        let Some(flight) = self.workers[w].flight.take() else { return Ok(()) };
        self.give_back(w, flight.owner);
        flight.waiting.into_iter().try_for_each(|caller| self.board(caller))
    }

    pub(crate) fn suspend(&mut self, w: usize, life: u32) {
        let for_ms = self.spread(1000, DAY);
        let worker = &mut self.workers[w];
        if worker.up && worker.life == life && !worker.asleep {
            worker.asleep = true;
            worker.wakes_at = self.now + for_ms;
            note!(self, Some(w), "stands still for {for_ms} ms");
            self.soon(for_ms, What::Resume { worker: w, life });
        }
    }

    pub(crate) fn resume(&mut self, w: usize, life: u32) -> Run {
        let worker = &mut self.workers[w];
        if !worker.asleep || worker.life != life || (self.now < worker.wakes_at && !self.healed) {
            return Ok(());
        }
        worker.asleep = false;
        worker.disturbed_at = self.now;
        note!(self, Some(w), "goes on");
        self.catch_up(w)
    }

    fn jump(&mut self) -> i64 {
        let by = self.spread(1000, 6 * HOUR).cast_signed();
        if self.rng.bool() { by } else { -by }
    }

    fn shift(&mut self, w: usize, by: i64) {
        note!(self, Some(w), "its clock jumps by {by} ms");
        self.workers[w].skew += by;
        self.workers[w].disturbed_at = self.now;
        self.watch.jumped_at = self.now;
    }

    /// A moment at which things outside of the workers go wrong.
    pub(crate) fn tick(&mut self) {
        if self.roll(Fault::Outage) {
            let for_ms = self.spread(1000, HOUR);
            note!(self, None, "store: out of reach for {for_ms} ms");
            self.store.down_until = self.now + for_ms;
        }
        if self.roll(Fault::Restored) {
            let back = self.rng.bool().then(|| self.rng.usize(1..6));
            note!(self, None, "store: put back by {back:?} writes");
            self.store.restore(self.now, back);
        }
        if self.roll(Fault::Reset) {
            self.server.reset_until = self.now + self.spread(1000, 2 * HOUR);
        }
        if self.roll(Fault::Revoked)
            && let Some(token) = self.server.revoke()
        {
            note!(self, None, "server: {token} is revoked");
        }
        if self.roll(Fault::Jump) {
            let by = self.jump();
            (0..self.workers.len()).for_each(|w| self.shift(w, by));
        }
    }

    /// From now on nothing goes wrong: all processes run, all clocks are right, store and server work.
    pub(crate) fn heal(&mut self) -> Run {
        note!(self, None, "from now on all is well");
        self.healed = true;
        (self.store.down_until, self.server.reset_until) = (BEGINNING, BEGINNING);
        for w in 0..self.workers.len() {
            let (life, skew) = (self.workers[w].life, self.workers[w].skew);
            if !self.workers[w].up {
                self.restart(w, life);
            }
            if skew != 0 {
                self.shift(w, -skew);
            }
            self.resume(w, life)?;
        }
        Ok(())
    }

    /// Every worker is asked once more, and one that has just begun.
    pub(crate) fn finale(&mut self) -> Run {
        self.watch.rounds += 1;
        if self.watch.rounds == 1 {
            self.watch.must_heal = self.must_heal();
            self.tally.healed += u64::from(self.watch.must_heal);
            self.tally.calm += u64::from(self.profile.is_calm());
            self.workers.push(Worker::new(&self.settings, 0));
        }
        note!(self, None, "the last calls; must all be well: {}", self.watch.must_heal);
        for worker in 0..self.workers.len() {
            self.arrive(worker, true)?;
            self.arrive(worker, true)?;
        }
        Ok(())
    }
}
