//! What must always hold, and what the fleet can know of its token requests.

use super::world::{Run, World};
use std::collections::BTreeSet;

/// How long a flight may find the lease taken: 261 pauses of at most 505 ms (`MOST_QUEUED` and `queue_pause`).
const QUEUE_MS: u64 = 261 * 505;
/// How long its exchanges take: a renewal and three tries of a first grant of 30 s each (`TOKEN_TIMEOUT_MS`,
/// `MOST_TRIES`), with two pauses of at most 10 s between them (`LONGEST_PAUSE`).
const EXCHANGES_MS: u64 = 4 * 30_000 + 2 * 10_000;
/// How long a caller waits at most, not counting the store: the rest of a flight that knew nothing of the rejected
/// token, and a flight of its own.
pub const LONGEST_WAIT_MS: u64 = 2 * (QUEUE_MS + EXCHANGES_MS);

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
    sent_at: u64,
    /// What the worker's clock showed then.
    clock: u64,
    /// When its flight began.
    began_at: u64,
    blind: bool,
    lease_ends: Option<u64>,
    /// Whether a person wanted it.
    pub(crate) wanted: bool,
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
    /// When a clock last jumped.
    pub(crate) jumped_at: u64,
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
        let clock = self.clock(w).as_millis();
        let Some(flight) = self.workers[w].flight.as_mut() else { return Ok(()) };
        flight.exchange = Some(self.watch.exchanges.len());
        self.tally.requests += 1;
        self.watch.exchanges.push(Exchange {
            worker: w,
            flight: flight.number,
            refresh: refresh.map(str::to_owned),
            sent_at: self.now,
            clock,
            began_at: flight.began_at,
            blind: flight.blind,
            lease_ends: flight.lease_ends.filter(|_| flight.leased),
            wanted: flight.anew,
            known: Known::Flying,
        });
        // It was asked for once.
        flight.anew = false;
        Ok(())
    }

    fn single_use(&mut self, w: usize, refresh: Option<&str>) -> Run {
        let Some(refresh) = refresh.filter(|_| self.profile.unsafe_to_repeat()) else { return Ok(()) };
        let same = |one: &&Exchange| one.refresh.as_deref() == Some(refresh);
        let earlier: Vec<Exchange> = self.watch.exchanges.iter().filter(same).cloned().collect();
        for earlier in earlier {
            let fate = match earlier.known {
                Known::NotSent | Known::Refused => continue,
                Known::Flying => "waits for the answer",
                Known::Done => "it was spent",
                Known::Nothing => "never learned what came of it",
            };
            if !self.excused(w, &earlier) {
                let words =
                    format!("{refresh} is sent again; w{} sent it before, and {fate}", earlier.worker);
                return Err(Breach::new(Invariant::SingleUse, Some(w), words));
            }
        }
        Ok(())
    }

    /// The three cases in which a refresh token may be sent again although an earlier request may have spent it.
    fn excused(&mut self, w: usize, earlier: &Exchange) -> bool {
        let began = self.workers[w].flight.as_ref().map_or(earlier.began_at, |flight| flight.began_at);
        if self.store.restored_at.is_some_and(|at| at >= earlier.began_at.min(began)) {
            // The mark that it was in use, or what came in its place, went with what the store lost: no client can
            // know of it.
            self.tally.exempt_restored += 1;
        } else if self.store.restored_at.is_some() && self.watch.jumped_at > 0 {
            // A store that was put back has two records of one number, and clocks that jumped do not tell which of them
            // is the later.
            self.tally.exempt_restored += 1;
        } else if self.profile.grace().is_some_and(|grace| {
            self.watch.jumped_at >= earlier.began_at || self.wall_between(w, earlier) < grace
        }) {
            // The service says that this is harmless. Across a jump of a clock nobody can tell how much time passed.
            self.tally.exempt_grace += 1;
        } else if !self.profile.acquire && self.dared(w, earlier) {
            self.tally.exempt_dared += 1;
        } else {
            return false;
        }
        true
    }

    /// A person who has no other way sends it in spite of the doubt: now, or while this worker, which had put it in
    /// doubt, stood still before it sent it.
    fn dared(&self, w: usize, earlier: &Exchange) -> bool {
        let flight = self.workers[w].flight.as_ref();
        flight.is_some_and(|flight| flight.anew || (earlier.wanted && flight.began_at < earlier.sent_at))
    }

    /// How much time had passed since a request when this one was decided, as far as the clocks of both workers tell.
    fn wall_between(&self, w: usize, earlier: &Exchange) -> u64 {
        let late = self.workers[w].flight.as_ref().map_or(0, |flight| self.now - flight.decided_at);
        let (passed, now) = (self.now - earlier.sent_at, self.clock(w).as_millis());
        now.checked_sub(earlier.clock).map_or(passed, |shown| shown.min(passed)).saturating_sub(late)
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
        let wanted = self.workers[w].flight.as_ref().is_some_and(|flight| flight.anew);
        let due = record.renew_at.is_some_and(|due| due <= self.clock(w).as_millis());
        if wanted || due || record.access.as_ref().is_none_or(rejected) {
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
