//! What the day cost, and what it had to cost.
//!
//! # How the minimum is computed
//!
//! 1. **One request for each token at its own renewal point.** All tokens with which the API was called, in the order
//!    in which they were asked for. The first one was needed. After it, one is needed as soon as the point has come at
//!    which the policy renews the last one that was needed: its `renew_at`, as the workers tell it. A token that was
//!    asked for before that point was not needed, and is surplus.
//! 2. **One for each process while Redis is gone.** A process that cannot reach the store can share nothing: tokens
//!    that were asked for in a blackout are counted in the same way, but for each process by itself.
//! 3. **What a kill makes unavoidable.** A request of a worker that was killed after the request came and within
//!    [`LANDING_MS`] after its answer, and whose tokens nobody ever used: they died with their worker. Each is found in
//!    the server's log by itself, and counts once. (The request that replaces it is needed by rule 1.)
//!
//! Every other request is surplus: two workers that renew the same token, tries that are repeated, refusals.

use crate::fleet::{Heard, Kill};
use crate::protocol::{Report, Who};
use crate::token_server::{Entry, Outcome};
use std::collections::{BTreeMap, HashMap, HashSet};

/// How long after the server's answer its tokens may still be on their way into the store.
const LANDING_MS: u64 = 1000;

/// Everything that is known of the day.
#[derive(Debug)]
pub struct Ledger {
    /// The token requests.
    pub log: Vec<Entry>,
    /// The numbers of the tokens with which the API was called.
    pub used: HashSet<u64>,
    /// What the workers told.
    pub heard: Vec<Heard>,
    /// Who was killed.
    pub kills: Vec<Kill>,
    /// When Redis was gone.
    pub blackouts: Vec<Blackout>,
}

/// A time without Redis.
#[derive(Clone, Copy, Debug)]
pub struct Blackout {
    /// When it began.
    pub from: u64,
    /// When Redis answered again.
    pub to: u64,
}

/// Requests, by why they were made.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Account {
    /// All of them.
    pub requests: usize,
    /// Rule 1.
    pub needed: usize,
    /// Rule 2.
    pub alone: usize,
    /// Rule 3.
    pub killed: usize,
}

impl Account {
    /// The theoretical minimum.
    #[must_use]
    pub const fn minimum(&self) -> usize {
        self.needed + self.alone + self.killed
    }

    /// Whether the requests are within the minimum and ten percent.
    #[must_use]
    pub const fn is_frugal(&self) -> bool {
        self.requests * 10 <= self.minimum() * 11
    }
}

/// A token that was used.
#[derive(Clone, Copy, Debug)]
struct Token {
    by: Who,
    obtained_at: u64,
    renew_at: u64,
}

impl Ledger {
    /// How many requests there were, and why.
    #[must_use]
    pub fn account(&self) -> Account {
        let (shared, own): (Vec<_>, Vec<_>) =
            self.tokens().into_iter().partition(|token| !self.in_blackout(token.obtained_at));
        let mut chains: BTreeMap<Who, Vec<Token>> = BTreeMap::new();
        for token in own {
            chains.entry(token.by).or_default().push(token);
        }
        let alone = chains.values().map(|tokens| needed(tokens)).sum();
        Account { requests: self.log.len(), needed: needed(&shared), alone, killed: self.killed().len() }
    }

    /// The requests that came while Redis was gone.
    #[must_use]
    pub fn alone(&self) -> Vec<&Entry> {
        self.log.iter().filter(|entry| self.in_blackout(entry.at)).collect()
    }

    fn in_blackout(&self, time: u64) -> bool {
        self.blackouts.iter().any(|blackout| (blackout.from..=blackout.to).contains(&time))
    }

    /// Rule 3, one by one.
    #[must_use]
    pub fn killed(&self) -> Vec<&Entry> {
        let dead: HashMap<Who, u64> = self.kills.iter().map(|kill| (kill.who, kill.at)).collect();
        let died_with = |entry: &&Entry| {
            let unused = match entry.outcome {
                Outcome::Issued(number) => !self.used.contains(&number),
                Outcome::Pending => true,
                Outcome::FamilyRevoked | Outcome::Refused => false,
            };
            let landed = entry.answered.map_or(u64::MAX, |answered| answered + LANDING_MS);
            unused && dead.get(&entry.who).is_some_and(|at| (entry.at..=landed).contains(at))
        };
        self.log.iter().filter(died_with).collect()
    }

    /// How often a refresh token was used twice.
    #[must_use]
    pub fn revocations(&self) -> Vec<&Entry> {
        self.log.iter().filter(|entry| entry.outcome == Outcome::FamilyRevoked).collect()
    }

    /// The used tokens, in the order in which they were asked for.
    fn tokens(&self) -> Vec<Token> {
        let mut lives = HashMap::new();
        for heard in &self.heard {
            if let Report::Token { number, obtained_at, renew_at } = heard.report {
                lives.insert(number, (obtained_at, renew_at));
            }
        }
        let used = |entry: &Entry| match entry.outcome {
            Outcome::Issued(number) if self.used.contains(&number) => {
                let (obtained_at, renew_at) = *lives.get(&number)?;
                Some(Token { by: entry.who, obtained_at, renew_at })
            }
            _ => None,
        };
        let mut tokens: Vec<Token> = self.log.iter().filter_map(used).collect();
        tokens.sort_by_key(|token| token.obtained_at);
        tokens
    }
}

/// How many of these tokens were needed.
fn needed(tokens: &[Token]) -> usize {
    let mut due = 0;
    let mut count = 0;
    for token in tokens {
        if token.obtained_at >= due {
            (count, due) = (count + 1, token.renew_at);
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token_server::Grant;

    fn who(slot: usize) -> Who {
        Who { slot, generation: 0 }
    }

    /// Tokens of one worker each: `(slot, obtained_at, used)`, renewed 3 s after they were asked for.
    fn ledger(tokens: &[(usize, u64, bool)]) -> Ledger {
        let mut ledger =
            Ledger { log: vec![], used: HashSet::new(), heard: vec![], kills: vec![], blackouts: vec![] };
        for (number, (slot, at, used)) in (1..).zip(tokens) {
            let (grant, outcome) = (Grant::Renew, Outcome::Issued(number));
            ledger.log.push(Entry { who: who(*slot), at: *at, grant, outcome, answered: Some(at + 10) });
            let report = Report::Token { number, obtained_at: *at, renew_at: at + 3000 };
            ledger.heard.push(Heard { who: who(*slot), report });
            if *used {
                ledger.used.insert(number);
            }
        }
        ledger
    }

    #[test]
    fn one_for_each_token_at_its_point() {
        let account = ledger(&[(0, 0, true), (1, 3000, true), (2, 6100, true)]).account();
        assert_eq!(account, Account { requests: 3, needed: 3, alone: 0, killed: 0 });
        assert!(account.is_frugal());
    }

    #[test]
    fn a_token_before_its_time_is_surplus() {
        let account = ledger(&[(0, 0, true), (1, 3000, true), (2, 3001, true)]).account();
        assert_eq!((account.requests, account.minimum()), (3, 2));
        assert!(!account.is_frugal());
    }

    #[test]
    fn tokens_that_die_with_their_worker_are_unavoidable() {
        let mut ledger = ledger(&[(0, 0, true), (1, 3000, false), (2, 5000, true)]);
        assert_eq!(ledger.account().minimum(), 2, "nobody was killed");
        ledger.kills.push(Kill { who: who(1), at: 3005 });
        assert_eq!(ledger.account(), Account { requests: 3, needed: 2, alone: 0, killed: 1 });
        ledger.kills[0].at = 2999;
        assert_eq!(ledger.account().killed, 0, "it was dead before");
        ledger.kills[0].at = 3010 + LANDING_MS + 1;
        assert_eq!(ledger.account().killed, 0, "it had time to write");
    }

    #[test]
    fn without_redis_each_process_is_alone() {
        let mut ledger = ledger(&[(0, 0, true), (1, 4000, true), (2, 4001, true), (2, 4002, true)]);
        ledger.blackouts.push(Blackout { from: 3500, to: 5000 });
        assert_eq!(ledger.account(), Account { requests: 4, needed: 1, alone: 2, killed: 0 });
    }
}
