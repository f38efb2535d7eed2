//! What must always hold, and what the fleet can know of its token requests.

use super::world::{Run, World};
use std::collections::BTreeSet;

/// How long a flight may find the lease taken: 121 pauses of at most 506 ms (`MOST_QUEUED` and `queue_pause`).
const QUEUE_MS: u64 = 121 * 506;
/// How long a flight may hold the lease (`LEASE_MS`).
const LEASE_MS: u64 = 120_000;
/// How long a caller waits at most, not counting the store: the rest of a flight that knew nothing of the rejected
/// token, and a flight of its own.
pub const LONGEST_WAIT_MS: u64 = 2 * (QUEUE_MS + LEASE_MS);

/// What must hold.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Invariant {
    /// A single-use refresh token is not sent again while an earlier request with it may have been carried out.
    SingleUse,
    /// A credential that still works is not forgotten.
    NothingLost,
    /// No caller is given the token that it has just rejected.
    NotTheRejected,
    /// Every caller gets an answer in time.
    InTime,
    /// One token request at a time.
    OneAtATime,
    /// When all is well, no request is made that is not needed.
    NoneInVain,
    /// The machines are driven as they want, and none of them panics.
    NoMisuse,
    /// Each run ends.
    Ends,
}

/// An invariant that does not hold.
#[derive(Clone, Debug)]
pub(crate) struct Breach {
    pub(crate) invariant: Invariant,
    pub(crate) worker: Option<usize>,
    pub(crate) words: String,
}

impl Breach {
    pub(crate) fn new(invariant: Invariant, worker: Option<usize>, words: impl Into<String>) -> Self {
        Self { invariant, worker, words: words.into() }
    }
}

/// What is known of a token request by the process that sent it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Known {
    /// It waits for the answer.
    Flying,
    /// The request never left.
    NotSent,
    /// The server said no.
    Refused,
    /// The server carried it out.
    Done,
    /// Nothing, and nobody will ever know.
    Nothing,
}

/// A token request.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    worker: usize,
    flight: u64,
    pub(crate) refresh: Option<String>,
    /// When its flight began.
    began_at: u64,
    blind: bool,
    lease_ends: Option<u64>,
    pub(crate) known: Known,
}

/// The memory of the checks.
#[derive(Default)]
pub(crate) struct Watch {
    pub(crate) exchanges: Vec<Exchange>,
    /// Refresh tokens of which nobody alive knows whether they were used.
    pub(crate) doubtful: BTreeSet<String>,
    /// Access tokens that a caller has reported.
    pub(crate) rejected: BTreeSet<String>,
    pub(crate) must_heal: bool,
    /// How often all workers were asked after the end of all faults.
    pub(crate) rounds: u32,
}

impl World {
    /// Checks a token request before it goes out, and remembers it.
    pub(crate) fn may_send(&mut self, w: usize, refresh: Option<&str>, timeout: u64) -> Run {
        self.single_use(w, refresh)?;
        self.one_at_a_time(w, timeout)?;
        self.none_in_vain(w)?;
        let Some(flight) = self.workers[w].flight.as_mut() else { return Ok(()) };
        flight.exchange = Some(self.watch.exchanges.len());
        self.tally.requests += 1;
        self.watch.exchanges.push(Exchange {
            worker: w,
            flight: flight.number,
            refresh: refresh.map(str::to_owned),
            began_at: flight.began_at,
            blind: flight.blind,
            lease_ends: flight.lease_ends.filter(|_| flight.leased),
            known: Known::Flying,
        });
        Ok(())
    }

    fn single_use(&mut self, w: usize, refresh: Option<&str>) -> Run {
        let Some(refresh) = refresh.filter(|_| self.profile.unsafe_to_repeat()) else { return Ok(()) };
        let restored_at = self.store.restored_at;
        for earlier in self.watch.exchanges.iter().filter(|one| one.refresh.as_deref() == Some(refresh)) {
            let harmless = matches!(earlier.known, Known::NotSent | Known::Refused);
            // The mark that the token was in use, or what came in its place, went with what the store lost: no
            // client can know of it.
            let store_lost_it = restored_at.is_some_and(|at| at >= earlier.began_at);
            if harmless {
                continue;
            }
            if store_lost_it {
                self.tally.exempt_restored += 1;
                continue;
            }
            let words = format!(
                "{refresh} is sent again; w{} sent it before, and {}",
                earlier.worker,
                match earlier.known {
                    Known::Flying => "waits for the answer",
                    Known::Done => "it was spent",
                    _ => "never learned what came of it",
                }
            );
            return Err(Breach::new(Invariant::SingleUse, Some(w), words));
        }
        Ok(())
    }

    fn one_at_a_time(&self, w: usize, timeout: u64) -> Run {
        let breach = |words: String| Err(Breach::new(Invariant::OneAtATime, Some(w), words));
        let Some(flight) = &self.workers[w].flight else { return Ok(()) };
        let undisturbed = self.workers[w].disturbed_at < flight.began_at;
        if !flight.leased && !flight.blind {
            return breach("a token is asked for without the lease, although the store works".to_owned());
        }
        let ends = flight.lease_ends.filter(|_| flight.leased);
        if let Some(end) = ends.filter(|end| undisturbed && *end < self.now + timeout && !flight.blind) {
            let left = end.cast_signed() - self.now.cast_signed();
            return breach(format!("a request of {timeout} ms is sent {left} ms before its lease ends"));
        }
        let outlived = |ends: Option<u64>| ends.is_some_and(|end| end <= self.now);
        let flying = |one: &&Exchange| {
            let of = &self.workers[one.worker];
            one.known == Known::Flying
                && of.up
                && of.flight.as_ref().is_some_and(|now| now.number == one.flight)
        };
        for other in self.watch.exchanges.iter().filter(flying) {
            let since = other.began_at.min(flight.began_at);
            let lost = self.store.restored_at.is_some_and(|at| at >= since);
            if !(flight.blind || other.blind || outlived(ends) || outlived(other.lease_ends) || lost) {
                return breach(format!("w{} is asking for a token, too", other.worker));
            }
        }
        Ok(())
    }

    fn none_in_vain(&self, w: usize) -> Run {
        let Some(record) = self.store.record().filter(|_| self.profile.is_calm()) else { return Ok(()) };
        let rejected = |access: &String| self.watch.rejected.contains(access);
        let due = record.renew_at.is_some_and(|due| due <= self.clock(w).as_millis());
        if due || record.access.as_ref().is_none_or(rejected) {
            return Ok(());
        }
        let words =
            format!("nobody needs another token than {}", record.access.as_deref().unwrap_or_default());
        Err(Breach::new(Invariant::NoneInVain, Some(w), words))
    }

    /// Checks that a caller was answered in time, unless its worker stood still or its clock jumped meanwhile.
    pub(crate) fn in_time(&mut self, caller: usize) -> Run {
        let worker = &self.workers[self.callers[caller].worker];
        let Some((since, store_ms)) = self.callers[caller].waits.take() else { return Ok(()) };
        let waited = self.now - since.max(worker.disturbed_at);
        let own = waited.saturating_sub(worker.store_ms - store_ms);
        self.tally.longest_wait = self.tally.longest_wait.max(waited);
        if own > LONGEST_WAIT_MS {
            let words = format!("c{caller} waited for {waited} ms, {own} of them not for the store");
            return Err(Breach::new(Invariant::InTime, Some(self.callers[caller].worker), words));
        }
        Ok(())
    }

    /// Checks that nobody waits when nothing happens any more.
    pub(crate) fn nobody_waits(&self) -> Run {
        let waits = self.callers.iter().position(|caller| {
            let worker = &self.workers[caller.worker];
            caller.waits.is_some() && worker.up && worker.life == caller.life
        });
        match waits {
            Some(caller) => {
                let worker = Some(self.callers[caller].worker);
                Err(Breach::new(Invariant::InTime, worker, format!("c{caller} never gets an answer")))
            }
            None => Ok(()),
        }
    }
}
