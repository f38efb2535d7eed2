//! A store for Grantline connections in Redis or Valkey: many processes on many hosts share one token.
//!
//! ```no_run
//! use grantline_connectors as connectors;
//! use grantline_redis::RedisStore;
//! use grantline_reqwest::{Connection, Secret};
//!
//! # async fn example(secret: String) -> Result<(), Box<dyn std::error::Error>> {
//! let store = RedisStore::connect("redis://:password@redis.internal:6379/0").await?;
//! let workspan = Connection::builder(connectors::workspan())
//!     .parameter("clientId", "WS-ApplicationUser_1")
//!     .parameter("clientSecret", Secret::from(secret))
//!     .store(store)
//!     .build()?;
//! # Ok(())
//! # }
//! ```
//!
//! # What you can rely on
//!
//! - A record is written only over the one that was read, by one script that Redis runs as a whole.
//! - One process at a time holds the right to renew, for as long as the core asks for at most. It ends six seconds
//!   after its holder, if that is killed, and only its holder can end it earlier.
//! - No command keeps a caller for longer than two seconds, and a lost connection is made again. Without Redis a
//!   connection works on, alone, and tells so in a harmless notice.
//! - A record that cannot be read is an error that names its key, and stays as it is.
//! - No error and no `Debug` output holds a password or a record.
//!
//! The records hold tokens: whoever may read these keys may use them. A user of Redis with the rights
//! `~grantline:* +get +set +eval +del` is enough.
//! The npm package `grantline` has stores with the same keys, records and scripts: processes in Rust and in JavaScript
//! share a token.
//!
//! Commands are sent to one server; a cluster that redirects clients is not followed.
//!
//! The feature `tls` adds `rediss://`. [`redis`] is part of the public API.

mod fault;
mod lease;
mod store;

pub use redis;
pub use store::RedisStore;
