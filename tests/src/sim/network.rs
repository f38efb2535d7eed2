//! What lies between a worker and the server, and the server's moods.

use super::Bug;
use super::profile::Fault;
use super::server::Mood;
use super::world::{Run, What, World, note};
use grantline_core::{Event, Fault as Failure, FaultKind, Request};

impl World {
    /// Sends a token request.
    pub(crate) fn send(&mut self, w: usize, request: &Request) -> Run {
        let op = self.operation(w);
        let body = request.body.as_deref().unwrap_or_default();
        let refresh =
            body.split('&').find_map(|field| field.strip_prefix("refresh_token=")).map(str::to_owned);
        self.may_send(w, refresh.as_deref(), u64::from(request.timeout_ms))?;
        if self.has(Bug::SendsTwice) {
            self.may_send(w, refresh.as_deref(), u64::from(request.timeout_ms))?;
        }
        let fault =
            |kind| What::Deliver { worker: w, op, event: Event::Failed(Failure::new(kind, "simulated")) };
        if self.roll(Fault::Unreachable) {
            let delay = self.spread(1, 4000);
            self.soon(delay, fault(FaultKind::Unreachable));
            return Ok(());
        }
        self.soon(u64::from(request.timeout_ms), fault(FaultKind::Timeout));
        let (out, back) = (self.leg(), self.leg());
        // Sometimes the platform notices that the connection broke, before the time is over.
        let noticed = self.rng.bool();
        if self.roll(Fault::LostRequest) {
            if noticed {
                self.soon(out, fault(FaultKind::Lost));
            }
            return Ok(());
        }
        let lost = self.roll(Fault::LostReply);
        if lost && noticed {
            self.soon(out + back, fault(FaultKind::Lost));
        }
        self.soon(out, What::Exchange { worker: w, op, refresh, back: (!lost).then_some(back) });
        Ok(())
    }

    /// How long a message takes.
    pub(crate) fn leg(&mut self) -> u64 {
        if self.roll(Fault::Slow) { self.spread(1000, 40_000) } else { self.rng.u64(1..=60) }
    }

    /// A token request reaches the server.
    pub(crate) fn exchange(&mut self, worker: usize, op: u64, refresh: Option<&str>, back: Option<u64>) {
        let mood = self.mood();
        let response = self.server.answer(self.now, refresh, mood);
        note!(
            self,
            None,
            "server: {} for w{worker}: {} {}",
            refresh.unwrap_or("first grant"),
            response.status,
            response.body
        );
        self.tally.answered += 1;
        if let Some(back) = back {
            self.soon(back, What::Deliver { worker, op, event: Event::Response(response) });
        }
    }

    fn mood(&mut self) -> Mood {
        if self.roll(Fault::Busy) {
            return Mood::Busy(self.spread(1, 4000));
        }
        if self.roll(Fault::Unavailable) {
            return Mood::Unavailable;
        }
        if self.roll(Fault::ActedAndFailed) {
            return Mood::ActedAndFailed;
        }
        if self.roll(Fault::Page) {
            return Mood::Page { acted: self.rng.bool() };
        }
        if self.roll(Fault::Refused) {
            return Mood::Refuses(if self.rng.bool() { 400 } else { 401 });
        }
        Mood::Fine
    }
}
