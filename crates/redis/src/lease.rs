//! The right to renew: a key with a random owner and an end.
//!
//! Its end is near, and put off again and again while its holder lives: a process that is killed gives nothing back,
//! and all others would wait for what the core allows at most.

use crate::store::RedisStore;
use grantline_reqwest::{BoxFuture, Lease, StoreError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep};

/// How long a lease outlives its holder. A holder that cannot reach Redis for so long may lose it.
pub(crate) const OUTLIVES: Duration = Duration::from_secs(6);
/// How often its end is put off: two commands in a row may fail.
const BEAT: Duration = Duration::from_secs(2);

/// A lease that is held, or was asked for and may be held.
pub(crate) struct Held {
    store: RedisStore,
    key: String,
    owner: String,
    /// Whether there is nothing left to give back.
    over: bool,
    /// Ends what puts off its end.
    beating: Option<AbortHandle>,
}

impl Held {
    pub(crate) fn new(store: RedisStore, key: String) -> Result<Self, StoreError> {
        let no_entropy = |error| StoreError::new(format!("the system has no random bytes: {error}"));
        let owner = getrandom::u64().and_then(|high| Ok(format!("{high:016x}{:016x}", getrandom::u64()?)));
        Ok(Self { store, key, owner: owner.map_err(no_entropy)?, over: false, beating: None })
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    pub(crate) fn owner(&self) -> &str {
        &self.owner
    }

    /// It is ours: for so long at most, and only while this lives.
    pub(crate) fn keep(&mut self, hold: Duration) {
        let (store, key, owner) = (self.store.clone(), self.key.clone(), self.owner.clone());
        let end = Instant::now() + hold;
        let beating = tokio::spawn(async move {
            loop {
                sleep(BEAT).await;
                let left = end.saturating_duration_since(Instant::now());
                // One that fails is followed by another; one that was too late by none.
                if left.is_zero()
                    || store.put_off(&key, &owner, left.min(OUTLIVES)).await.is_ok_and(|ours| !ours)
                {
                    return;
                }
            }
        });
        self.beating = Some(beating.abort_handle());
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
        self.beating.iter().for_each(AbortHandle::abort);
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
