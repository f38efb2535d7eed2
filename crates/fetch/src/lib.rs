//! Grantline over the browser's `fetch`: for front ends in Rust, and underneath the npm package.
//!
//! This crate does what the machines of `grantline-core` ask for: it sends requests, waits, reads the clock and
//! draws random bytes. It decides nothing about tokens. What it does decide is how one page shares the work: a
//! [`Connection`] has one flight at a time, which runs to its end whoever goes away, and everyone who needs its
//! outcome waits for the same one.
//!
//! ```no_run
//! # async fn example(connector: grantline_core::Connector) -> Result<(), grantline_fetch::Error> {
//! use grantline_fetch::Connection;
//!
//! let connection = Connection::builder(connector)
//!     .parameter("clientId", "WS-ApplicationUser_...")
//!     .parameter("clientSecret", "...")
//!     .build()?;
//! let response = connection.fetch("GET", "/app/v1/company", None).await?;
//! # Ok(()) }
//! ```
//!
//! A page shows its secrets to everyone who can open it: use this with credentials that the person of the page
//! owns, or behind a server.

mod builder;
mod call;
mod connection;
mod fault;
mod flight;
mod host;
mod pattern;
#[cfg(feature = "webcrypto")]
mod sign;
mod stepping;
mod store;
mod transport;

pub use builder::Builder;
pub use call::Watch;
pub use connection::Connection;
pub use fault::{Failure, fault};
pub use grantline_core::{Connector, Error, Notice, Secret, Snapshot, Token, UnixTime};
pub use host::{entropy, now};
pub use stepping::Stepping;
pub use store::{Keeper, Signer};
pub use transport::Transport;
