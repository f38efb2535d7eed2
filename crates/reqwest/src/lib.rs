//! Grantline over [reqwest] and tokio: connections that get, keep, renew and apply their tokens by themselves.
//!
//! ```no_run
//! use grantline_connectors as connectors;
//! use grantline_reqwest::{Connection, FileStore, Secret};
//!
//! # async fn example(secret: String) -> Result<(), Box<dyn std::error::Error>> {
//! let workspan = Connection::builder(connectors::workspan())
//!     .parameter("clientId", "WS-ApplicationUser_1")
//!     .parameter("clientSecret", Secret::from(secret))
//!     .store(FileStore::default()?) // optional: the token outlives the process, and others share it
//!     .build()?;
//!
//! let companies = workspan.get("/app/v1/company").query(&[("limit", "10")]).send().await?;
//! println!("{}", companies.text().await?);
//!
//! // Or only the header, for a client of your own.
//! let header = workspan.authorization().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What you can rely on
//!
//! - However many callers ask at once, and whether it succeeds or fails, a connection makes one token request at a
//!   time. It runs as a task of its own: a caller that is dropped detaches only itself.
//! - A fresh token costs a look at the clock and one atomic load. A token that is due is handed out while one task
//!   renews it.
//! - An API request that is answered with 401 is sent once more with a new token, if its body can be sent twice.
//! - A token request never follows a redirect, and an API request none to another server: see
//!   [`Builder::client`].
//! - No error, notice or `Debug` output holds a secret.
//!
//! All policy is in `grantline-core`; this crate does what its steps say. It needs a running tokio runtime with
//! I/O and time enabled, and outlives one: what a runtime leaves unfinished, the next caller begins afresh. A runtime
//! that stands still (one thread, outside of `block_on`) holds up whoever waits for what it has begun.
//!
//! # Kept tokens, encrypted
//!
//! Records in a [`FileStore`] are readable by their owner alone, and hold tokens as they are. With the feature `encrypt`
//! they are encrypted with a key that lives elsewhere (XChaCha20-Poly1305, bound to their connection):
//!
#![cfg_attr(feature = "encrypt", doc = "```no_run")]
#![cfg_attr(not(feature = "encrypt"), doc = "```ignore")]
//! use grantline_reqwest::{FileStore, StoreKeys};
//!
//! # fn example() -> Result<(), grantline_reqwest::StoreError> {
//! let keys = StoreKeys::from_env()?.expect("GRANTLINE_STORE_KEY is set"); // `grantline key` makes a value for it
//! let store = FileStore::default()?.encrypted(keys);
//! # Ok(())
//! # }
//! ```
//!
//! With the feature `keyring` the key can stay in the keyring of the operating system: Keychain, Credential Manager, or
//! the Secret Service of a desktop session. A plain record is encrypted when it is next written. One whose key is not
//! there is an error that names the key, and stays as it is; like every failure of a store it is told in a notice, and
//! the connection works on as if nothing were kept.
//!
//! # Private keys and certificates
//!
//! Connectors can ask for signed assertions (feature `sign`) and for a client certificate (feature `rustls`, as
//! [`Builder::root_certificate`]); both features are on by default.
//!
//! [`reqwest`] and its types are part of the public API.

mod builder;
mod clock;
mod connection;
mod driver;
mod flight;
mod inner;
mod operation;
pub mod pattern;
mod peek;
mod request;
#[cfg_attr(not(feature = "sign"), path = "sign/none.rs")]
mod sign;
mod store;
#[cfg_attr(not(feature = "rustls"), path = "tls/none.rs")]
mod tls;
mod transport;

pub use builder::Builder;
pub use clock::{BoxFuture, Clock, SystemClock};
pub use connection::{Connection, Report};
pub use grantline_core::{
    Connector, Error, Notice, Reconnect, Secret, Settings, Snapshot, Token, UnixTime, error,
};
pub use operation::{Argument, Items, OperationBuilder, Page, Pages};
pub use request::RequestBuilder;
pub use reqwest;
pub use sign::answer as sign;
#[cfg(feature = "encrypt")]
pub use store::StoreKeys;
pub use store::{FileStore, Lease, MemoryStore, Store, StoreError};

/// The code in the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// And that of the page on signing.
#[cfg(all(doctest, feature = "rustls"))]
#[doc = include_str!("../../../docs/signing-and-certificates.md")]
struct Signing;

/// And that of the page on operations.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/operations.md")]
struct Operations;
