//! The life of a token in a simulated fleet: see `conformance::sim`.
//!
//! `GRANTLINE_SEED=12345` prints the whole log of one run, `GRANTLINE_SEEDS=100000` says how many are run.

#![allow(clippy::unwrap_used, reason = "what a test cannot do stops it")]

use conformance::sim::{
    Bug, Fault, Invariant, Leases, Plan, Profile, Rotation, Tally, Violation, run, trace,
};
use std::collections::BTreeMap;
use std::thread;

/// Enough for every fault to meet most others, and little enough for a debug build.
const SEEDS: u64 = 6000;
/// Runs until a planted mistake must have been found.
const PATIENCE: u64 = 400;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

#[test]
fn no_run_breaks_an_invariant() {
    if let Some(seed) = number("GRANTLINE_SEED") {
        return show(seed);
    }
    let seeds = number("GRANTLINE_SEEDS").unwrap_or(SEEDS);
    let halves = [(0..seeds / 2), (seeds / 2..seeds)];
    let halves =
        halves.map(|range| thread::spawn(move || range.map(|seed| run(seed, Plan::default())).collect()));
    let runs: Vec<Result<Tally, Box<Violation>>> =
        halves.into_iter().flat_map(|half| -> Vec<_> { half.join().unwrap() }).collect();
    let mut total = Tally::default();
    runs.iter().flatten().for_each(|tally| total.add(tally));
    println!("{seeds} runs: {total:?}");
    report(&runs.into_iter().filter_map(Result::err).map(|violation| *violation).collect::<Vec<_>>());
    if seeds >= SEEDS {
        shows_something(seeds, &total);
    }
}

fn show(seed: u64) {
    let (outcome, log) = trace(seed, Plan::default());
    log.iter().for_each(|line| println!("{line}"));
    if let Err(violation) = outcome {
        panic!("seed {seed}: {:?}: {}", violation.invariant, violation.words);
    }
}

/// One run of each kind of failure in full, and the seeds of the others.
fn report(violations: &[Violation]) {
    let mut kinds: BTreeMap<Invariant, Vec<&Violation>> = BTreeMap::new();
    violations.iter().for_each(|violation| kinds.entry(violation.invariant).or_default().push(violation));
    for (invariant, list) in &kinds {
        let seeds: Vec<u64> = list.iter().map(|violation| violation.seed).take(20).collect();
        println!("{invariant:?} does not hold in {} runs: {seeds:?}\n{}\n", list.len(), list[0]);
    }
    assert!(violations.is_empty(), "{} runs broke an invariant", violations.len());
}

/// Runs in which nothing happens would show nothing.
fn shows_something(seeds: u64, total: &Tally) {
    for (fault, count) in Fault::ALL.iter().zip(total.faults) {
        assert!(count > 100, "{fault:?} happened {count} times");
    }
    assert!(total.done > seeds * 20, "callers got answers: {}", total.done);
    assert!(total.requests > seeds * 5, "tokens were asked for: {}", total.requests);
    assert!(total.calm > seeds / 20, "some runs are calm: {}", total.calm);
    for (what, count) in [
        ("a person asks", total.insisted),
        ("a token is sent again within its grace", total.exempt_grace),
        ("a token is sent again because a person dared to", total.exempt_dared),
        ("a token is sent again because the store lost it", total.exempt_restored),
    ] {
        assert!(count > 20, "{what}: {count} times");
    }
    assert!(total.healed > seeds / 2, "most runs must end well: {}", total.healed);
}

#[test]
fn one_seed_is_one_run() {
    for seed in 0..40 {
        let (first, second) = (trace(seed, Plan::default()), trace(seed, Plan::default()));
        assert!(first.1.len() > 5, "seed {seed} has a log");
        assert_eq!(first.1, second.1, "seed {seed}");
        assert_eq!(first.0.is_ok(), second.0.is_ok(), "seed {seed}");
    }
}

/// Plants a mistake and looks for the first run that fails.
fn finds(bug: Bug, expected: Invariant, force: fn(&mut Profile)) {
    let plan = |bug| Plan { bug, force: Some(force), ..Plan::default() };
    let found = (0..PATIENCE).find_map(|seed| run(seed, plan(Some(bug))).err());
    let found = found.unwrap_or_else(|| panic!("{bug:?} is not found"));
    assert_eq!(found.invariant, expected, "{bug:?}: {found}");
    let shown = found.to_string();
    for part in [format!("seed {}", found.seed), format!("after {} ms", found.at), found.words.clone()] {
        assert!(shown.contains(&part), "{shown} names {part}");
    }
    let without = run(found.seed, plan(None));
    assert!(without.is_ok(), "the same run without the mistake: {}", without.unwrap_err());
}

/// Many workers, tokens of some length, and nothing that goes wrong.
fn calm(profile: &mut Profile) {
    *profile = Profile {
        workers: 8,
        lifetime: Some(20),
        told: true,
        horizon: 600_000,
        calls: 60,
        insists: 0,
        chances: [0; 23],
        ..profile.clone()
    };
}

fn calm_and(profile: &mut Profile, rotation: Rotation, acquire: bool) {
    calm(profile);
    *profile = Profile { rotation, acquire, refreshes: true, ..profile.clone() };
}

#[test]
fn a_lease_that_is_ignored_is_noticed() {
    finds(Bug::IgnoresLease, Invariant::OneAtATime, |profile| calm_and(profile, Rotation::None, true));
}

#[test]
fn a_request_that_is_sent_twice_is_noticed() {
    finds(Bug::SendsTwice, Invariant::OneAtATime, |profile| calm_and(profile, Rotation::Same, false));
    finds(Bug::SendsTwice, Invariant::SingleUse, |profile| calm_and(profile, Rotation::Revoke, false));
}

#[test]
fn a_store_that_ignores_revisions_is_noticed() {
    finds(Bug::StoreIgnoresExpected, Invariant::SingleUse, |profile| {
        calm_and(profile, Rotation::Reject, true);
        profile.leases = Leases::Timed;
        profile.chances[Fault::Suspend as usize] = 100;
    });
}

#[test]
fn a_rejected_token_that_is_handed_out_again_is_noticed() {
    finds(Bug::ReturnsRejected, Invariant::NotTheRejected, |profile| {
        calm(profile);
        profile.lifetime = Some(120);
        profile.chances[Fault::Revoked as usize] = 500;
        profile.chances[Fault::Unavailable as usize] = 500;
        profile.chances[Fault::Slow as usize] = 500;
    });
}

#[test]
fn a_store_without_refresh_tokens_is_noticed() {
    finds(Bug::StoreDropsRefresh, Invariant::NothingLost, |profile| {
        calm_and(profile, Rotation::Reject, false);
    });
}

#[test]
fn events_that_do_not_fit_are_noticed() {
    finds(Bug::MistakesEvents, Invariant::NoMisuse, calm);
}

#[test]
fn a_caller_who_waits_for_ever_is_noticed() {
    finds(Bug::NeverWakes, Invariant::InTime, calm);
}

#[test]
fn requests_that_nobody_needs_are_noticed() {
    finds(Bug::NeverLoads, Invariant::NoneInVain, |profile| calm_and(profile, Rotation::None, true));
    finds(Bug::ClockAhead, Invariant::NoneInVain, |profile| calm_and(profile, Rotation::None, true));
}

#[test]
fn a_run_without_an_end_is_noticed() {
    finds(Bug::NeverStops, Invariant::Ends, calm);
}
