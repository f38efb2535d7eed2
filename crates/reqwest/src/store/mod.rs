//! Where the record of a connection is kept beyond its life, and how its users take turns.
//!
//! A store decides nothing: what is written and when is said by the core. It must keep three promises: a record is
//! written as a whole or not at all, only if the stored revision is the expected one, and a lease has one holder.

mod file;
#[cfg(feature = "keyring")]
mod keyring;
#[cfg(feature = "encrypt")]
mod keys;
mod memory;
mod record;

pub use file::FileStore;
#[cfg(feature = "encrypt")]
pub use keys::StoreKeys;
pub use memory::MemoryStore;

use crate::clock::BoxFuture;
use grantline_core::Snapshot;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;

/// A place for the records of connections, shared by everything that uses it.
///
/// A key is the connector's id, a hyphen and 64 hexadecimal digits that stand for all parameters.
pub trait Store: Send + Sync {
    /// Reads the record of a connection; `None` if there is none.
    fn load<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Snapshot>, StoreError>>;

    /// Tries, without waiting, to get the exclusive right to renew; `None` if another holds it. A store whose
    /// leases do not end with their holder must end them after `hold`.
    fn lease<'a>(
        &'a self,
        key: &'a str,
        hold: Duration,
    ) -> BoxFuture<'a, Result<Option<Box<dyn Lease>>, StoreError>>;

    /// Writes the record if the stored revision is `expected`, which is zero if there must be none. Whether it was
    /// written.
    fn save<'a>(
        &'a self,
        key: &'a str,
        record: &'a Snapshot,
        expected: u64,
    ) -> BoxFuture<'a, Result<bool, StoreError>>;
}

impl<S: Store + ?Sized> Store for Arc<S> {
    fn load<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Snapshot>, StoreError>> {
        (**self).load(key)
    }

    fn lease<'a>(
        &'a self,
        key: &'a str,
        hold: Duration,
    ) -> BoxFuture<'a, Result<Option<Box<dyn Lease>>, StoreError>> {
        (**self).lease(key, hold)
    }

    fn save<'a>(
        &'a self,
        key: &'a str,
        record: &'a Snapshot,
        expected: u64,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        (**self).save(key, record, expected)
    }
}

/// The exclusive right to renew. Only who holds it can give it back, and a lease that is dropped is given back as
/// soon as its store can.
pub trait Lease: Send {
    /// Gives it back.
    fn release(self: Box<Self>) -> BoxFuture<'static, Result<(), StoreError>>;
}

/// Why a store could not do its work, in words for people: what is wrong, where, and what to do. It must hold no
/// secret.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("{0}")]
pub struct StoreError(String);

impl StoreError {
    /// An error with these words.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}
