//! Records in memory, for connections of one process that share a token.

use super::{Lease, Store, StoreError};
use crate::clock::BoxFuture;
use grantline_core::Snapshot;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A store in memory. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore(Arc<Mutex<Shelves>>);

#[derive(Debug, Default)]
struct Shelves {
    records: HashMap<String, Snapshot>,
    leased: HashSet<String>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn shelves(&self) -> MutexGuard<'_, Shelves> {
        // Nothing panics between two changes that belong together.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, key: &str, record: &Snapshot, expected: u64) -> bool {
        let mut shelves = self.shelves();
        let fits = shelves.records.get(key).map_or(0, Snapshot::revision) == expected;
        if fits {
            shelves.records.insert(key.to_owned(), record.clone());
        }
        fits
    }
}

impl Store for MemoryStore {
    fn load<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Snapshot>, StoreError>> {
        Box::pin(async move { Ok(self.shelves().records.get(key).cloned()) })
    }

    fn lease<'a>(
        &'a self,
        key: &'a str,
        _: Duration,
    ) -> BoxFuture<'a, Result<Option<Box<dyn Lease>>, StoreError>> {
        Box::pin(async move {
            let free = self.shelves().leased.insert(key.to_owned());
            let held = || Box::new(Held { store: self.clone(), key: key.to_owned() }) as Box<dyn Lease>;
            Ok(free.then(held))
        })
    }

    fn save<'a>(
        &'a self,
        key: &'a str,
        record: &'a Snapshot,
        expected: u64,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move { Ok(self.write(key, record, expected)) })
    }
}

/// A lease that ends when it is dropped, so it needs no deadline.
struct Held {
    store: MemoryStore,
    key: String,
}

impl Lease for Held {
    fn release(self: Box<Self>) -> BoxFuture<'static, Result<(), StoreError>> {
        Box::pin(async move {
            drop(self);
            Ok(())
        })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.store.shelves().leased.remove(&self.key);
    }
}
