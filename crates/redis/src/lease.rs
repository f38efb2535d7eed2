//! The right to renew: a key with a random owner and an end.

use crate::store::RedisStore;
use grantline_reqwest::{BoxFuture, Lease, StoreError};
use tokio::runtime::Handle;

/// A lease that is held, or was asked for and may be held.
pub(crate) struct Held {
    store: RedisStore,
    key: String,
    owner: String,
    /// Whether there is nothing left to give back.
    over: bool,
}

impl Held {
    pub(crate) fn new(store: RedisStore, key: String) -> Result<Self, StoreError> {
        let no_entropy = |error| StoreError::new(format!("the system has no random bytes: {error}"));
        let owner = getrandom::u64().and_then(|high| Ok(format!("{high:016x}{:016x}", getrandom::u64()?)));
        Ok(Self { store, key, owner: owner.map_err(no_entropy)?, over: false })
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    pub(crate) fn owner(&self) -> &str {
        &self.owner
    }

    /// Another has it.
    pub(crate) fn forget(mut self) {
        self.over = true;
    }
}

impl Lease for Held {
    fn release(mut self: Box<Self>) -> BoxFuture<'static, Result<(), StoreError>> {
        Box::pin(async move {
            // Asked for once: what fails here would fail again when this is dropped.
            self.over = true;
            self.store.give_back(&self.key, &self.owner).await
        })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        // Best effort: without a runtime, or without Redis, the lease ends after its time.
        if let Ok(runtime) = Handle::try_current() {
            let (store, key, owner) = (self.store.clone(), self.key.clone(), self.owner.clone());
            drop(runtime.spawn(async move { store.give_back(&key, &owner).await }));
        }
    }
}
