//! People who call the API: each with a real `Call`, which reports a refused token once.

use super::Bug;
use super::watch::{Breach, Invariant};
use super::world::{Run, What, World, note};
use grantline_core::{Ambient, Call, Called, Error, Event, Flow, Headers, Response, Step, Token};
use std::sync::Arc;

/// One API request.
pub(crate) struct Caller {
    pub(crate) worker: usize,
    pub(crate) life: u32,
    call: Call,
    /// The token that it reports as refused.
    pub(crate) rejected: Option<Arc<Token>>,
    /// Since when it has waited for a token, and how long its worker had waited for the store by then.
    pub(crate) waits: Option<(u64, u64)>,
    /// The token that it has.
    token: Option<Arc<Token>>,
    /// Whether it comes after all faults are over.
    pub(crate) last: bool,
}

impl World {
    /// Someone wants to call the API.
    pub(crate) fn arrive(&mut self, worker: usize, last: bool) -> Run {
        if !self.workers[worker].up || self.workers[worker].asleep {
            return Ok(());
        }
        let call = Call::new(self.settings.clone(), "GET", "/thing", last || self.rng.u8(..5) > 0);
        let call = call.map_err(|error| Breach::new(Invariant::NoMisuse, Some(worker), error.to_string()))?;
        let life = self.workers[worker].life;
        self.callers.push(Caller { worker, life, call, rejected: None, waits: None, token: None, last });
        self.tally.calls += 1;
        self.step(self.callers.len() - 1, Event::START)
    }

    fn step(&mut self, caller: usize, event: Event) -> Run {
        let worker = self.callers[caller].worker;
        match self.callers[caller].call.advance(event, &Ambient::default()) {
            Ok(Step::Authorize { rejected }) => {
                if let Some(token) = &rejected {
                    note!(self, Some(worker), "c{caller} rejects {}", token.value.expose());
                    self.watch.rejected.insert(token.value.expose().to_owned());
                }
                self.callers[caller].rejected = rejected;
                self.callers[caller].waits = Some((self.now, self.workers[worker].store_ms));
                self.board(caller)
            }
            Ok(Step::Done { output: Called { status, .. } }) => self.finished(caller, status),
            Ok(Step::Send(_)) => {
                self.ask(caller);
                Ok(())
            }
            Ok(_) => Err(Breach::new(Invariant::NoMisuse, Some(worker), "a call asks for what it cannot")),
            Err(error) => Err(Breach::new(Invariant::NoMisuse, Some(worker), error.to_string())),
        }
    }

    /// A caller gets its token, keeps it for a while, and calls the API with it.
    pub(crate) fn served(&mut self, caller: usize, token: &Arc<Token>) -> Run {
        self.in_time(caller)?;
        note!(self, Some(self.callers[caller].worker), "c{caller} gets {}", token.value.expose());
        let Caller { worker, rejected, .. } = &self.callers[caller];
        if rejected.as_ref().is_some_and(|rejected| rejected.value == token.value) {
            let words = format!("c{caller} gets {} again, which it rejected", token.value.expose());
            return Err(Breach::new(Invariant::NotTheRejected, Some(*worker), words));
        }
        self.callers[caller].token = Some(token.clone());
        self.step(caller, Event::Token(token.clone()))
    }

    /// Sends the API request, at once or after having kept the token for a while.
    fn ask(&mut self, caller: usize) {
        let Some(token) = self.callers[caller].token.clone() else { return };
        let hold = !self.callers[caller].last && self.rng.u8(..5) == 0;
        let most = self.profile.lifetime.unwrap_or(600).clamp(1, 600) * 2000;
        let delay = if hold { self.spread(100, most) } else { 0 } + self.rng.u64(1..=60);
        self.soon(delay, What::Asked { caller, token });
    }

    /// A caller is told why there is no token.
    pub(crate) fn failed(&mut self, caller: usize, error: &Error) -> Run {
        self.in_time(caller)?;
        note!(self, Some(self.callers[caller].worker), "c{caller} fails: {error}");
        self.tally.failed += 1;
        // What the store did not take is known to one process only, which writes it down at its own first call.
        if self.callers[caller].last && self.watch.rounds > 1 {
            return self.not_healed(caller, &error.to_string());
        }
        Ok(())
    }

    /// An API request reaches the API.
    pub(crate) fn asked(&mut self, caller: usize, token: &Token) {
        let status = if self.server.takes(self.now, token.value.expose()) { 200 } else { 401 };
        let back = self.rng.u64(1..=60);
        self.soon(back, What::Told { caller, status });
    }

    /// The answer of the API reaches the caller, unless its process is gone.
    pub(crate) fn told(&mut self, caller: usize, status: u16) -> Run {
        let Caller { worker, life, .. } = self.callers[caller];
        let process = &self.workers[worker];
        if !process.up || process.life != life {
            return Ok(());
        }
        if process.asleep {
            let delay = process.wakes_at.saturating_sub(self.now) + 1;
            self.soon(delay, What::Told { caller, status });
            return Ok(());
        }
        self.step(caller, Event::Response(Response::new(status, Headers::default(), b"")))
    }

    fn finished(&mut self, caller: usize, status: u16) -> Run {
        note!(self, Some(self.callers[caller].worker), "c{caller} is done: {status}");
        self.tally.done += 1;
        if self.has(Bug::NeverStops) {
            return self.arrive(self.callers[caller].worker, false);
        }
        let long_enough = self.profile.lifetime.is_none_or(|seconds| seconds >= 20);
        // Where nobody is told when tokens end, a first call may find nothing but dead ones.
        let found_out = self.watch.rounds > 2;
        if self.callers[caller].last && status != 200 && long_enough && found_out {
            return self.not_healed(caller, "the API refuses its token");
        }
        Ok(())
    }
}
