//! The virtual clock, the queue of what happens next, and the loop.

use super::adapter::Worker;
use super::callers::Caller;
use super::profile::{Fault, Profile};
use super::server::Server;
use super::store::{Command, Store};
use super::watch::{Breach, Invariant, Watch};
use super::{Bug, Plan, Tally};
use fastrand::Rng;
use grantline_core::{Event, Settings, Token};
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::Arc;

/// What every function of a run gives: a breach ends the run.
pub(crate) type Run<T = ()> = Result<T, Breach>;

/// 2027-01-15T08:00:00Z, when every run begins.
pub(crate) const BEGINNING: u64 = 1_800_000_000_000;
/// A run that takes more turns than this does not end.
const MOST_TURNS: u64 = 400_000;

/// One simulated fleet with its service and its store.
pub(crate) struct World {
    pub(crate) rng: Rng,
    pub(crate) now: u64,
    queue: BinaryHeap<Due>,
    turns: u64,
    numbers: u64,
    pub(crate) plan: Plan,
    pub(crate) profile: Profile,
    pub(crate) settings: Arc<Settings>,
    pub(crate) server: Server,
    pub(crate) store: Store,
    pub(crate) workers: Vec<Worker>,
    pub(crate) callers: Vec<Caller>,
    pub(crate) watch: Watch,
    pub(crate) tally: Tally,
    /// No fault happens any more.
    pub(crate) healed: bool,
    pub(crate) log: Vec<String>,
}

/// What happens.
#[derive(Debug)]
pub(crate) enum What {
    /// Someone wants to call the API.
    Arrive {
        worker: usize,
    },
    /// A person wants a new token.
    Insist {
        worker: usize,
    },
    /// An API request reaches the API.
    Asked {
        caller: usize,
        token: Arc<Token>,
    },
    /// Its answer reaches the caller.
    Told {
        caller: usize,
        status: u16,
    },
    /// A token request reaches the server; its answer takes so long, or is lost.
    Exchange {
        worker: usize,
        op: u64,
        refresh: Option<String>,
        back: Option<u64>,
    },
    /// A command reaches the store.
    Command {
        worker: usize,
        life: u32,
        op: u64,
        command: Command,
        back: Option<u64>,
    },
    /// Something comes back to a worker.
    Deliver {
        worker: usize,
        op: u64,
        event: Event,
    },
    Crash {
        worker: usize,
        life: u32,
    },
    Suspend {
        worker: usize,
        life: u32,
    },
    Resume {
        worker: usize,
        life: u32,
    },
    Restart {
        worker: usize,
        life: u32,
    },
    /// A moment at which things outside of the workers go wrong.
    Tick,
    /// From now on nothing goes wrong.
    Heal,
    /// Every worker is asked once more.
    Finale,
}

#[derive(Debug)]
struct Due {
    at: u64,
    turn: u64,
    what: What,
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.turn).cmp(&(self.at, self.turn))
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Due {}

impl World {
    pub(crate) fn new(seed: u64, plan: Plan) -> Self {
        let mut rng = Rng::with_seed(seed);
        let mut profile = Profile::draw(&mut rng);
        if let Some(force) = plan.force {
            force(&mut profile);
        }
        let settings = profile.settings();
        let mut world = Self {
            now: BEGINNING,
            queue: BinaryHeap::new(),
            turns: 0,
            numbers: 0,
            server: Server::new(&profile),
            store: Store::new(profile.leases),
            workers: (0..profile.workers).map(|_| Worker::new(&settings, 0)).collect(),
            callers: Vec::new(),
            watch: Watch::default(),
            tally: Tally::default(),
            healed: false,
            log: Vec::new(),
            rng,
            plan,
            settings,
            profile,
        };
        world.prepare();
        world
    }

    /// Runs to the end.
    pub(crate) fn run(&mut self) -> Run {
        if self.plan.trace {
            let line = format!("{:?}", self.profile);
            self.note(None, &line);
        }
        while let Some(Due { at, what, .. }) = self.queue.pop() {
            self.now = self.now.max(at);
            self.turns += 1;
            if self.turns > MOST_TURNS {
                return Err(Breach::new(Invariant::Ends, None, "the run does not end"));
            }
            self.happen(what)?;
        }
        self.nobody_waits()
    }

    fn happen(&mut self, what: What) -> Run {
        match what {
            What::Arrive { worker } => self.arrive(worker, false),
            What::Insist { worker } => self.insist(worker),
            What::Asked { caller, token } => {
                self.asked(caller, &token);
                Ok(())
            }
            What::Told { caller, status } => self.told(caller, status),
            What::Exchange { worker, op, refresh, back } => {
                self.exchange(worker, op, refresh.as_deref(), back);
                Ok(())
            }
            What::Command { worker, life, op, command, back } => {
                self.command(worker, life, op, command, back)
            }
            What::Deliver { worker, op, event } => self.deliver(worker, op, event),
            What::Crash { worker, life } => {
                self.crash(worker, life);
                Ok(())
            }
            What::Suspend { worker, life } => {
                self.suspend(worker, life);
                Ok(())
            }
            What::Resume { worker, life } => self.resume(worker, life),
            What::Restart { worker, life } => {
                self.restart(worker, life);
                Ok(())
            }
            What::Tick => {
                self.tick();
                Ok(())
            }
            What::Heal => self.heal(),
            What::Finale => self.finale(),
        }
    }

    /// Something will happen so many milliseconds from now.
    pub(crate) fn soon(&mut self, delay: u64, what: What) {
        self.numbers += 1;
        self.queue.push(Due { at: self.now + delay, turn: self.numbers, what });
    }

    /// A number that nothing else has.
    pub(crate) const fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// Whether this fault happens now.
    pub(crate) fn roll(&mut self, fault: Fault) -> bool {
        let chance = self.profile.chance(fault);
        let hit = chance > 0 && !self.healed && self.rng.u16(..1000) < chance;
        if hit {
            self.tally.faults[fault as usize] += 1;
        }
        hit
    }

    pub(crate) fn has(&self, bug: Bug) -> bool {
        self.plan.bug == Some(bug)
    }

    /// A duration between these, the short ones as likely as the long ones.
    pub(crate) fn spread(&mut self, least: u64, most: u64) -> u64 {
        let doublings = (most / least.max(1)).max(1).ilog2();
        let low = least << self.rng.u32(0..=doublings);
        self.rng.u64(low..=(low * 2).min(most).max(low))
    }

    /// Writes a line of the log, if there is one.
    pub(crate) fn note(&mut self, worker: Option<usize>, line: &str) {
        if self.plan.trace {
            let at = self.now - BEGINNING;
            let who = worker.map_or_else(|| "  ".to_owned(), |worker| format!("w{worker}"));
            self.log.push(format!("{:>9}.{:03} {who} {line}", at / 1000, at % 1000));
        }
    }
}

/// Writes a line of the log without making it when there is none.
macro_rules! note {
    ($world:expr, $worker:expr, $($words:tt)+) => {
        if $world.plan.trace {
            let line = format!($($words)+);
            $world.note($worker, &line);
        }
    };
}
pub(crate) use note;
