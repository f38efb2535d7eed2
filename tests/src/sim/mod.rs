//! A deterministic simulation of the token's life: many processes, one connection, and everything that goes wrong.
//!
//! One seed is one run, bit for bit. There is no clock and no thread: a queue of what happens next moves a virtual
//! clock. Each worker is a process with a real [`grantline_core::Grant`], driven by an adapter that does what the real
//! ones do; each caller is a real [`grantline_core::Call`]. They share one record in a simulated store, and ask a
//! simulated token endpoint that treats refresh tokens in one of five ways. Faults are drawn from the seed, with
//! probabilities that are drawn from the seed, too. What must hold ([`Invariant`]) is checked all the time.
//!
//! After a while all faults end, and hours later every worker must be able to serve, unless the last credential was
//! lost in a way that no client can prevent; `watch` names those ways.

mod adapter;
mod callers;
mod chaos;
mod keeping;
mod knowledge;
mod lines;
mod network;
mod profile;
mod server;
mod store;
mod watch;
mod world;

pub use profile::{Fault, GRACE_MS, Leases, Profile, Rotation};
pub use watch::{Invariant, LONGEST_WAIT_MS};

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use watch::Breach;
use world::World;

/// How a run is made.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plan {
    /// A mistake that is planted, to see it found.
    pub bug: Option<Bug>,
    /// Changes the profile that was drawn.
    pub force: Option<fn(&mut Profile)>,
    /// Whether a log is kept.
    pub trace: bool,
}

/// Mistakes of adapters and stores.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Bug {
    /// The adapter takes a lease that was not given.
    IgnoresLease,
    /// The store writes whatever revision is expected.
    StoreIgnoresExpected,
    /// The adapter hands out the token that its caller has rejected.
    ReturnsRejected,
    /// The adapter sends each token request twice.
    SendsTwice,
    /// The store keeps no refresh token.
    StoreDropsRefresh,
    /// The adapter answers a step with an event that does not fit.
    MistakesEvents,
    /// The adapter never wakes from a pause.
    NeverWakes,
    /// The store never shows what was written.
    NeverLoads,
    /// The adapter's clock is a day ahead of the true one.
    ClockAhead,
    /// A program that calls the API again as soon as it has its answer.
    NeverStops,
}

impl Tally {
    /// Adds another run.
    pub fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.done += other.done;
        self.failed += other.failed;
        self.requests += other.requests;
        self.answered += other.answered;
        self.faults.iter_mut().zip(other.faults).for_each(|(sum, more)| *sum += more);
        self.longest_wait = self.longest_wait.max(other.longest_wait);
        self.exempt_restored += other.exempt_restored;
        self.insisted += other.insisted;
        self.exempt_grace += other.exempt_grace;
        self.exempt_dared += other.exempt_dared;
        self.calm += other.calm;
        self.healed += other.healed;
    }
}

/// What happened in a run.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Tally {
    /// Callers.
    pub calls: u64,
    /// Callers with an answer of the API.
    pub done: u64,
    /// Callers who were told that there is no token.
    pub failed: u64,
    /// Token requests that were sent.
    pub requests: u64,
    /// Token requests that reached the server.
    pub answered: u64,
    /// How often each fault happened, in the order of [`Fault::ALL`].
    pub faults: [u64; 23],
    /// The longest that a caller waited, in milliseconds.
    pub longest_wait: u64,
    /// How often a person asked for a new token.
    pub insisted: u64,
    /// Runs in which nothing went wrong.
    pub calm: u64,
    /// Runs at whose end everybody had to be served without a person.
    pub healed: u64,
    /// How often a refresh token was sent again within its grace.
    pub exempt_grace: u64,
    /// How often a refresh token was sent again because a person dared to.
    pub exempt_dared: u64,
    /// How often a refresh token was sent again because the store had lost what was written.
    pub exempt_restored: u64,
}

/// An invariant that did not hold.
#[derive(Clone, Debug)]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// The run.
    pub seed: u64,
    /// When, in milliseconds since the run began.
    pub at: u64,
    /// Whose it is.
    pub worker: Option<usize>,
    /// What is wrong.
    pub words: String,
    /// The whole log.
    pub log: Vec<String>,
}

/// How many lines of the log a message shows.
const SHOWN_LINES: usize = 40;

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = self.worker.map_or_else(|| "the fleet".to_owned(), |worker| format!("w{worker}"));
        writeln!(f, "seed {}, after {} ms, {who}: {:?}: {}", self.seed, self.at, self.invariant, self.words)?;
        // The first line is the profile.
        let (profile, lines) = self.log.split_at(self.log.len().min(1));
        let last = &lines[lines.len().saturating_sub(SHOWN_LINES)..];
        profile.iter().chain(last).try_for_each(|line| writeln!(f, "{line}"))?;
        write!(f, "GRANTLINE_SEED={} shows the whole run", self.seed)
    }
}

/// Runs one seed. A run that fails is run again, to tell what led to it.
///
/// # Errors
/// An invariant does not hold.
pub fn run(seed: u64, plan: Plan) -> Result<Tally, Box<Violation>> {
    let (outcome, _) = once(seed, plan);
    outcome.map_err(|_| match once(seed, Plan { trace: true, ..plan }) {
        (Err(violation), _) => violation,
        (Ok(_), log) => Box::new(Violation {
            invariant: Invariant::Ends,
            seed,
            at: 0,
            worker: None,
            words: "the same seed is not the same run".to_owned(),
            log,
        }),
    })
}

/// Runs one seed and gives its whole log.
pub fn trace(seed: u64, plan: Plan) -> (Result<Tally, Box<Violation>>, Vec<String>) {
    once(seed, Plan { trace: true, ..plan })
}

fn once(seed: u64, plan: Plan) -> (Result<Tally, Box<Violation>>, Vec<String>) {
    let mut world = World::new(seed, plan);
    let ended = catch_unwind(AssertUnwindSafe(|| world.run()));
    let breach = match ended {
        Ok(Ok(())) => return (Ok(world.tally), world.log),
        Ok(Err(breach)) => breach,
        Err(_) => Breach::new(Invariant::NoMisuse, None, "a panic"),
    };
    let violation = Violation {
        invariant: breach.invariant,
        seed,
        at: world.now - world::BEGINNING,
        worker: breach.worker,
        words: breach.words,
        log: world.log.clone(),
    };
    (Err(Box::new(violation)), world.log)
}
