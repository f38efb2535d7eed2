//! The simulated store: one record, one lease, and all that was ever written.

use super::profile::Leases;
use grantline_core::{Event, Snapshot};
use serde_json::Value;

/// What an adapter asks of a store.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    Load { owner: Option<u64> },
    Lease { owner: u64, millis: u64 },
    Save { record: Record, expected: u64 },
    Release { owner: u64 },
}

/// A record as it is kept: text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Record {
    pub(crate) text: String,
    pub(crate) revision: u64,
    /// Its refresh token, and whether a renewal with it is in doubt.
    pub(crate) refresh: Option<String>,
    pub(crate) in_doubt: bool,
    /// Its access token, and from when on that is renewed.
    pub(crate) access: Option<String>,
    pub(crate) renew_at: Option<u64>,
}

impl Record {
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        let json = serde_json::to_value(snapshot).unwrap_or_default();
        let text_at = |pointer: &str| json.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let doubt = json.get("inDoubt").is_some_and(|doubt| *doubt != Value::Bool(false) && !doubt.is_null());
        Self {
            revision: snapshot.revision(),
            refresh: text_at("/refresh/value"),
            in_doubt: doubt,
            access: text_at("/access/value"),
            renew_at: json.pointer("/access/renewAt").and_then(Value::as_u64),
            text: json.to_string(),
        }
    }
}

/// The right to renew.
#[derive(Clone, Copy, Debug)]
struct Lease {
    owner: u64,
    worker: usize,
    until: Option<u64>,
}

/// The store.
pub(crate) struct Store {
    leases: Leases,
    versions: Vec<(u64, Option<Record>)>,
    lease: Option<Lease>,
    /// Until when it is out of reach.
    pub(crate) down_until: u64,
    /// When it was last emptied or put back.
    pub(crate) restored_at: Option<u64>,
}

impl Store {
    pub(crate) const fn new(leases: Leases) -> Self {
        Self { leases, versions: Vec::new(), lease: None, down_until: 0, restored_at: None }
    }

    pub(crate) fn record(&self) -> Option<&Record> {
        self.versions.last().and_then(|(_, record)| record.as_ref())
    }

    /// All that was ever written.
    pub(crate) fn written(&self) -> impl Iterator<Item = &Record> {
        self.versions.iter().filter_map(|(_, record)| record.as_ref())
    }

    /// When a lease that is given now ends by itself.
    pub(crate) const fn end(&self, now: u64, millis: u64) -> Option<u64> {
        match self.leases {
            Leases::Timed => Some(now + millis),
            Leases::Locked => None,
        }
    }

    pub(crate) fn held_by(&self, now: u64) -> Option<u64> {
        self.lease.filter(|lease| lease.until.is_none_or(|end| now < end)).map(|lease| lease.owner)
    }

    /// Carries out a command; a reader may be shown what was stored `lag` ago. Nothing if the record is unreadable.
    pub(crate) fn execute(&mut self, now: u64, worker: usize, command: Command, lag: u64) -> Option<Event> {
        Some(match command {
            Command::Load { .. } => {
                let seen = self.versions.iter().rev().find(|(at, _)| lag == 0 || at + lag <= now);
                match seen.and_then(|(_, record)| record.as_ref()) {
                    Some(record) => Event::Loaded(Some(Box::new(Snapshot::parse(&record.text).ok()?))),
                    None => Event::Loaded(None),
                }
            }
            Command::Lease { owner, millis } => {
                let free = self.held_by(now).is_none();
                if free {
                    self.lease = Some(Lease { owner, worker, until: self.end(now, millis) });
                }
                Event::Leased(free)
            }
            Command::Save { record, expected } => {
                let fits = self.record().map_or(0, |record| record.revision) == expected;
                if fits {
                    self.versions.push((now, Some(record)));
                }
                Event::Saved(fits)
            }
            Command::Release { owner } => {
                self.release(owner);
                Event::Released
            }
        })
    }

    /// Ends this lease, if it is still the present one.
    pub(crate) fn release(&mut self, owner: u64) {
        self.lease = self.lease.filter(|lease| lease.owner != owner);
    }

    /// A process has ended, and its locks with it.
    pub(crate) fn died(&mut self, worker: usize) {
        if self.leases == Leases::Locked {
            self.lease = self.lease.filter(|lease| lease.worker != worker);
        }
    }

    /// Everything is gone, or is as it was before the last `back` writes.
    pub(crate) fn restore(&mut self, now: u64, back: Option<usize>) {
        let kept = back.and_then(|back| self.versions.iter().rev().nth(back)?.1.clone());
        self.versions.push((now, kept));
        self.lease = None;
        self.restored_at = Some(now);
    }
}
